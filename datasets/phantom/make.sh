#!/usr/bin/env bash
# Draws phantom cephalograms and packs them: FOLDER/films and FOLDER/packed.
#   datasets/phantom/make.sh FOLDER [COUNT [SEED]]      default 400 films, seed 0
set -euo pipefail

if [ $# -lt 1 ] || [ $# -gt 3 ]; then
  echo "usage: datasets/phantom/make.sh FOLDER [COUNT [SEED]]" >&2
  exit 64
fi
folder=$1
count=${2:-400}
seed=${3:-0}
programs=${HPCTRAIN_BIN:-$(dirname "$0")/../../build/release/bin}

"$programs/hpctrain-pack" phantom-isbi2015 --count "$count" --seed "$seed" -o "$folder/films"
"$programs/hpctrain-pack" isbi2015 "$folder/films" -o "$folder/packed"
