#!/usr/bin/env bash
# Fetches STL-10, checks its md5, and packs it: FOLDER/stl10_binary.tar.gz, FOLDER/stl10_binary, FOLDER/packed.
#   datasets/stl10/obtain.sh FOLDER [arguments for hpctrain-pack]
# shellcheck source=datasets/archive.sh
. "$(dirname "$0")/../archive.sh"

require_folder_argument "$@"
folder=$1
shift
obtain "$folder/stl10_binary.tar.gz" http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz 91f7769df0f17e558f3565bffb0c7dfb
pack stl10 "$folder" "$@"
