#!/usr/bin/env python3
"""What a scheduler saves and what it misses: the full grid of sixteen trials on Fashion-MNIST beside ASHA over the same
space, on the same ranks.

    .venv/bin/python bench/compare_schedulers.py --out FOLDER [--ranks 2] [--epochs 9]

Prints the best score of each, on images that were not trained on, the steps that all trials of each made, and the wall
time. ASHA runs once over the axes as they stand and once from their other end: which trial comes first decides what is
stopped. Sweeps in FOLDER that have ended are not run again. Fails only on a wrong answer: a sweep that is not whole, or a
trial whose score differs between the two though it was trained to its end in both.
"""
import argparse
import csv
import pathlib
import subprocess
import sys
import time

from both_sides import run_ranks

LEARNING_RATES = ["0.2", "0.05", "0.0125", "0.003"]
WEIGHT_DECAYS = ["0.005", "0.0005", "0.00005", "0"]
METRIC = "top1"


def run_sweep(out: pathlib.Path, ranks: int, epochs: int, is_reversed: bool, *scheduler) -> None:
    if (out / "results.csv").exists():
        return
    order = -1 if is_reversed else 1
    started = time.monotonic()
    run_ranks(ranks, "sweep", "--out", out, "--model", "small-convnet", "--train.epochs", epochs, "--train.batch", 128,
              "--train.threads", 1, "--device", "cpu", "--optim.lr", ",".join(LEARNING_RATES[::order]),
              "--optim.weight-decay", ",".join(WEIGHT_DECAYS[::order]), "--sweep.metric", METRIC, *scheduler)
    (out / "wall_seconds").write_text(f"{time.monotonic() - started:.1f}")


def read_rows(out: pathlib.Path) -> list[dict]:
    with open(out / "results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) != len(LEARNING_RATES) * len(WEIGHT_DECAYS) or {row["state"] for row in rows} - {"done", "stopped"}:
        sys.exit(f"{out}: not every trial ended well")
    return rows


def require_equal_scores(grid: list[dict], asha: list[dict]) -> None:
    """One rank trains a trial, so its bits do not depend on the sweep around it."""
    scores = {row["trial"]: row[METRIC] for row in grid}
    for row in asha:
        if row["state"] == "done" and row[METRIC] != scores[row["trial"]]:
            sys.exit(f"trial {row['trial']}: {row[METRIC]} with ASHA, {scores[row['trial']]} in the grid")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=9)
    options = parser.parse_args()
    asha = ("--sweep.scheduler", "asha", "--sweep.reduction", 3, "--sweep.min-epochs", 1)
    sweeps = {"grid": (False,), "ASHA": (False, *asha), "ASHA, from the other end": (True, *asha)}
    rows = {}
    print(f"{'':28}{'best ' + METRIC:>10}{'below grid':>12}{'steps':>9}{'of grid':>9}{'seconds':>9}{'stopped':>9}")
    for name, (is_reversed, *scheduler) in sweeps.items():
        out = options.out / name.replace(",", "").replace(" ", "-").lower()
        run_sweep(out, options.ranks, options.epochs, is_reversed, *scheduler)
        rows[name] = read_rows(out)
        require_equal_scores(rows["grid"], rows[name])
        best, grid_best = (max(float(row[METRIC]) for row in rows[key] if row["state"] == "done") for key in (name, "grid"))
        steps, grid_steps = (sum(int(row["steps"]) for row in rows[key]) for key in (name, "grid"))
        stopped = sum(row["state"] == "stopped" for row in rows[name])
        print(f"{name:28}{100 * best:9.2f}%{100 * (grid_best - best):12.2f}{steps:9}{100 * steps / grid_steps:8.1f}%"
              f"{(out / 'wall_seconds').read_text():>9}{stopped:9}", flush=True)


if __name__ == "__main__":
    main()
