#!/usr/bin/env bash
# Fetches CIFAR-100, checks its md5, and packs it: FOLDER/cifar-100-binary.tar.gz, FOLDER/cifar-100-binary, FOLDER/packed.
#   datasets/cifar100/obtain.sh FOLDER [arguments for hpctrain-pack]
# shellcheck source=datasets/archive.sh
. "$(dirname "$0")/../archive.sh"

require_folder_argument "$@"
folder=$1
shift
obtain "$folder/cifar-100-binary.tar.gz" https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz 03b5dce01913d631647c71ecec9e9cb8
pack cifar100 "$folder" "$@"
