#!/usr/bin/env python3
"""Packing a folder of JPEG photographs, at several numbers of threads, beside Pillow and h5py doing the same in as many
processes, and beside copying the files: what reading and writing alone cost.

    .venv/bin/python3 bench/packing.py [--pictures 2000] [--size 224] [--threads 1 2] [--rounds 3]

Alternates, and prints the median of the rounds. Fails only when an answer is wrong: when two packs of the same pictures
differ in a byte.
"""
import argparse
import hashlib
import multiprocessing
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np
from PIL import Image
from pictures import draw_pictures

PACK = pathlib.Path(__file__).resolve().parent.parent / "build/release/bin/hpctrain-pack"
WIDTH, HEIGHT = 500, 375
NOISE = 12


def pack(source, out, *options):
    shutil.rmtree(out, ignore_errors=True)
    begin = time.monotonic()
    subprocess.run([PACK, "folder", source, "-o", out, *map(str, options)], check=True, capture_output=True,
                   env=os.environ | {"SOURCE_DATE_EPOCH": "0"})
    return time.monotonic() - begin


def digest_of(folder):
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.h5")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def decode(arguments):
    path, size = arguments
    picture = Image.open(path).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    return np.asarray(picture.resize((size, size), Image.BILINEAR, box=(left, top, left + side, top + side)))


def pack_with_pillow(paths, out, size, processes):
    begin = time.monotonic()
    with multiprocessing.Pool(processes) as pool, h5py.File(out, "w") as file:
        images = file.create_dataset("image", (len(paths), size, size, 3), np.uint8)
        for i, pixels in enumerate(pool.imap(decode, [(path, size) for path in paths], chunksize=16)):
            images[i] = pixels
        file.flush()
        os.fsync(os.open(out, os.O_RDONLY))
    return time.monotonic() - begin


def copy_files(paths, out):
    begin = time.monotonic()
    with open(out, "wb") as file:
        for path in paths:
            file.write(path.read_bytes())
        os.fsync(file.fileno())
    return time.monotonic() - begin


def measure(folder, arguments):
    paths = draw_pictures(folder / "pictures", arguments.pictures, WIDTH, HEIGHT, NOISE)
    forms = {"raw": ["--size", f"{arguments.size}x{arguments.size}"], "encoded": ["--store", "encoded"],
             "jpeg=90": ["--size", f"{arguments.size}x{arguments.size}", "--store", "jpeg=90"]}
    seconds, digests = {}, {}
    for _ in range(arguments.rounds):
        seconds.setdefault("copying the files", []).append(copy_files(paths, folder / "copied"))
        for threads in arguments.threads:
            seconds.setdefault(f"Pillow and h5py, raw, {threads} processes", []).append(
                pack_with_pillow(paths, folder / "pillow.h5", arguments.size, threads))
            for form, options in forms.items():
                taken = pack(folder / "pictures", folder / "packed", *options, "--threads", threads)
                seconds.setdefault(f"hpctrain-pack, {form}, {threads} threads", []).append(taken)
                digests.setdefault(form, set()).add(digest_of(folder / "packed"))
    return seconds, digests


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hpctrain-bench-") as folder:
        seconds, digests = measure(pathlib.Path(folder), arguments)
    print(f"{arguments.pictures} JPEG files of {WIDTH}x{HEIGHT} pixels, median of {arguments.rounds} rounds")
    for name, rounds in seconds.items():
        median = statistics.median(rounds)
        print(f"{name:40} {median:6.2f} s  {arguments.pictures / median:8,.0f} pictures/s")
    different = [form for form, found in digests.items() if len(found) > 1]
    if different:
        sys.exit(f"packs of the same pictures differ: {', '.join(different)}")


if __name__ == "__main__":
    main()
