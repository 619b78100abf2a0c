# What the scripts that obtain data sets share; sourced by them.
# shellcheck shell=bash
set -euo pipefail

readonly EXIT_USAGE=64 EXIT_DATA=65

require_folder_argument() {
  if [ $# -ge 1 ] && [ "${1#-}" = "$1" ]; then return; fi
  echo "usage: $0 FOLDER [arguments for hpctrain-pack]" >&2
  exit "$EXIT_USAGE"
}

# obtain ARCHIVE URL MD5: fetched where it is not there yet, compared, and unpacked beside itself.
obtain() {
  local archive=$1 url=$2 md5=$3 found
  mkdir -p "$(dirname "$archive")"
  if [ ! -e "$archive" ]; then
    curl --fail --location --retry 3 --continue-at - --output "$archive.part" "$url"
    mv "$archive.part" "$archive"
  fi
  found=$(md5sum <"$archive")
  found=${found%% *}
  if [ "$found" != "$md5" ]; then
    echo "$archive: has md5 $found, not $md5; remove it and start again" >&2
    exit "$EXIT_DATA"
  fi
  tar --extract --gzip --file "$archive" --directory "$(dirname "$archive")" --no-same-owner
}

# pack KIND FOLDER [arguments]: from FOLDER into FOLDER/packed.
pack() {
  local kind=$1 folder=$2 programs=${HPCTRAIN_BIN:-$(dirname "${BASH_SOURCE[0]}")/../build/release/bin}
  shift 2
  "$programs/hpctrain-pack" "$kind" "$folder" -o "$folder/packed" "$@"
}
