#!/usr/bin/env python3
"""A sweep whose ranks join the last trial (sweep.malleable) beside the same sweep in fixed groups: wall time.

Two trials of unequal length on 2 ranks of one thread, one rank for each at first: in fixed groups the rank of the
shorter trial has nothing to do until the longer one ends. Both kinds of sweep alternate; the time is that of the
whole command. Both must come to the same bits in every trial.

    .venv/bin/python bench/compare_malleable.py [--pairs 3]
"""
import argparse
import csv
import json
import pathlib
import statistics
import sys
import tempfile
import time

from both_sides import run_ranks

RANKS = 2


def sweep(out: pathlib.Path, epochs: tuple[int, int], *options) -> tuple[float, dict]:
    """Seconds, and the digest of each trial's last state."""
    started = time.time()
    run_ranks(RANKS, "sweep", "--out", out, "--train.epochs", ",".join(map(str, epochs)), "--train.batch", 64,
              "--train.micro-shards", 2, "--device", "cpu", "--data.threads", 1, *options)
    seconds = time.time() - started
    digests = {}
    with open(out / "results.csv", newline="") as file:
        for row in csv.DictReader(file):
            lines = map(json.loads, (out / "trials" / row["trial"] / "metrics.jsonl").read_text().splitlines())
            digests[row["trial"]] = [line["state_digest"] for line in lines if line["event"] == "end"][-1]
    return seconds, digests


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--epochs", type=int, nargs=2, default=(2, 4), metavar=("SHORT", "LONG"))
    options = parser.parse_args()

    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        sweep(pathlib.Path(folder) / "warm", (1, 2), "--train.steps", 50)  # packs the sample data where needed
        for number in range(options.pairs):
            fixed, expected = sweep(pathlib.Path(folder) / f"fixed-{number}", options.epochs)
            grown, digests = sweep(pathlib.Path(folder) / f"grown-{number}", options.epochs, "--sweep.malleable")
            pairs.append((fixed, grown))
            print(f"pair {number + 1}: fixed groups {fixed:6.1f} s | sweep.malleable {grown:6.1f} s", flush=True)
            if digests != expected:
                print("a trial has other bits than in fixed groups", file=sys.stderr)
                return 1

    ratio = statistics.median(grown / fixed for fixed, grown in pairs)
    print(f"\n{RANKS} ranks, trials of {options.epochs[0]} and {options.epochs[1]} epochs, median of {options.pairs} pairs:"
          f" fixed groups {statistics.median(fixed for fixed, _ in pairs):.1f} s, sweep.malleable"
          f" {statistics.median(grown for _, grown in pairs):.1f} s, ratio {ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
