#!/usr/bin/env bash
# The first pictures of Fashion-MNIST, for trying things out on a CPU: FOLDER/source (idx files) and FOLDER/packed.
#   datasets/fashion-mnist/few.sh FOLDER [COUNT]      default 6,000 for training (a sixth of them validation), 1,500 to test
set -euo pipefail

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: datasets/fashion-mnist/few.sh FOLDER [COUNT]" >&2
  exit 64
fi
folder=$1
count=${2:-6000}
originals=${FASHION_MNIST:-/usr/share/datasets/fashion-mnist}
programs=${HPCTRAIN_BIN:-$(dirname "$0")/../../build/release/bin}

# idx: a magic number, the extents as big-endian numbers of 32 bits, the bytes.
big_endian() {
  printf "$(printf '\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"
}
# first_of PART COUNT: from PART's files the first COUNT pictures and labels.
first_of() {
  local images=$1-images-idx3-ubyte labels=$1-labels-idx1-ubyte
  # Through a file of its own: a reader that stops early would end gzip with an error.
  gzip -dc "$originals/$images.gz" >"$folder/source/all"
  { big_endian 2051; big_endian "$2"; head -c $((16 + $2 * 784)) "$folder/source/all" | tail -c +9; } >"$folder/source/$images"
  gzip -dc "$originals/$labels.gz" >"$folder/source/all"
  { big_endian 2049; big_endian "$2"; head -c $((8 + $2)) "$folder/source/all" | tail -c +9; } >"$folder/source/$labels"
  rm "$folder/source/all"
}

mkdir -p "$folder/source"
first_of train "$count"
first_of t10k $((count / 4))
"$programs/hpctrain-pack" idx "$folder/source" -o "$folder/packed" --validation $((count / 6)) \
  --class-names "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"
