#!/usr/bin/env bash
# Fetches CIFAR-10, checks its md5, and packs it: FOLDER/cifar-10-binary.tar.gz, FOLDER/cifar-10-batches-bin, FOLDER/packed.
#   datasets/cifar10/obtain.sh FOLDER [arguments for hpctrain-pack]
# shellcheck source=datasets/archive.sh
. "$(dirname "$0")/../archive.sh"

require_folder_argument "$@"
folder=$1
shift
obtain "$folder/cifar-10-binary.tar.gz" https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz c32a1d4ab5d03f1284b67883e8d87530
pack cifar10 "$folder" "$@"
