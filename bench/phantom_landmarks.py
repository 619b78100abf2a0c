#!/usr/bin/env python3
"""Landmark detection on phantom cephalograms, from drawing the films to millimetres: several seeds, and beside them what
answers without learning.

    .venv/bin/python3 bench/phantom_landmarks.py --out FOLDER [--count 400] [--size 256x256] [--seeds 1 2 3] [--ranks 2]

Interrupted, the same command continues. Fails only when an answer is wrong: when the mean error over the seeds exceeds
the doctors' own floor by more than a millimetre.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"
HELD_OUT = ("test1", "test2")
MOST_ABOVE_FLOOR_MM = 1.0


def run(*command, log=None):
    print("$", " ".join(map(str, command)), flush=True)
    environment = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    subprocess.run(list(map(str, command)), check=True, env=environment, stdout=log, stderr=log)


def make_data(out, count, size):
    if not (out / "phantoms/truth.csv").exists():
        run(BIN / "hpctrain-pack", "phantom-isbi2015", "--count", count, "-o", out / "phantoms")
    if not (out / "data/manifest.h5").exists():
        run(BIN / "hpctrain-pack", "isbi2015", out / "phantoms", "--size", size, "-o", out / "data")


def train(out, seed, ranks):
    folder = out / f"seed-{seed}"
    with open(out / f"seed-{seed}.log", "a") as log:
        run("mpirun", "-np", ranks, "--oversubscribe", BIN / "hpctrain", ROOT / "jobs/ceph.ini", "--data", out / "data",
            "--seed", seed, "--out", folder, log=log)
    ends = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return folder, sum(line["seconds"] for line in ends if line["event"] == "end")


def evaluate(folder, data):
    command = [BIN / "hpctrain", "eval", folder, "--data", data, "--baselines", "--json"]
    return json.loads(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout)


def held_out(splits, kind, name):
    """Mean over the films of the held-out splits: landmarks are never missing here."""
    samples = sum(splits[split]["samples"] for split in HELD_OUT)
    return sum(splits[split][kind][name] * splits[split]["samples"] for split in HELD_OUT) / samples


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--size", default="256x256")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--ranks", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    make_data(options.out, options.count, options.size)

    print(f"{'seed':>4} {'MRE':>7} {'SD':>7} {'≤2 mm':>8} {'floor':>7} {'mean shape':>11} {'untrained':>10} {'seconds':>8}")
    errors, floors = [], []
    for seed in options.seeds:
        folder, seconds = train(options.out, seed, options.ranks)
        splits = evaluate(folder, options.out / "data")["splits"]
        errors.append(held_out(splits, "metrics", "mre_mm"))
        floors.append(held_out(splits, "metrics", "noise_floor_mm"))
        print(f"{seed:>4} {errors[-1]:>7.3f} {held_out(splits, 'metrics', 'sd_mm'):>7.3f} "
              f"{100 * held_out(splits, 'metrics', 'sdr_2_0'):>6.2f} % {floors[-1]:>7.3f} "
              f"{held_out(splits, 'mean_shape', 'mre_mm'):>11.3f} {held_out(splits, 'untrained', 'mre_mm'):>10.1f} "
              f"{seconds:>8.0f}", flush=True)
    mean, floor = sum(errors) / len(errors), sum(floors) / len(floors)
    print(f"mean {mean:.3f} mm over {len(errors)} seeds, {mean - floor:.3f} mm above the doctors' floor of {floor:.3f} mm")
    return 0 if mean <= floor + MOST_ABOVE_FLOOR_MM else 1


if __name__ == "__main__":
    sys.exit(main())
