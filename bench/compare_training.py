#!/usr/bin/env python3
"""Training samples per second and start-up time of hpctrain beside PyTorch DDP over gloo, in one run.

Both train the small convolutional network on Fashion-MNIST with 2 ranks of one thread and 32 samples each. The two
alternate, so that a machine whose speed drifts treats them alike; medians and pairwise ratios are printed. The ceiling
is the peer without any all-reduce.

    .venv/bin/python bench/compare_training.py [--pairs 7]
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON_BIN = ROOT / ".venv/bin"
ENVIRONMENT = os.environ | {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMP_NUM_THREADS": "1",
}


def run_peer(steps: int, ranks: int, *flags: str) -> dict:
    command = [PYTHON_BIN / "torchrun", "--nproc-per-node", str(ranks), "--master-port", "29517",
               ROOT / "bench/ddp_peer.py", "--steps", str(steps), *flags]
    started = time.time()
    output = subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout
    result = json.loads(output.strip().splitlines()[-1])
    result["start_seconds"] = result["first_step_unix"] - started
    return result


def run_hpctrain(steps: int, ranks: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "run"
        command = ["mpirun", "-np", str(ranks), "--oversubscribe", ROOT / "build/release/bin/hpctrain",
                   "--out", out, "--train.batch", str(32 * ranks), "--train.steps", str(steps),
                   "--train.threads", "1", "--eval.max-samples", "1", "--device", "cpu", "--run.quiet"]
        started = time.time()
        subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)
        lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    steps_made = [line for line in lines if line["event"] == "step"]
    warm_up = 20
    span = steps_made[-1]["unix"] - steps_made[warm_up - 1]["unix"]
    rate = (len(steps_made) - warm_up) * 32 * ranks / span
    return {"samples_per_second": rate, "start_seconds": steps_made[0]["unix"] - started,
            "loss": steps_made[-1]["loss"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--ranks", type=int, default=2)
    options = parser.parse_args()

    run_hpctrain(30, options.ranks)  # packs the sample data set where needed, warms the page cache
    pairs = []
    for number in range(options.pairs):
        ours = run_hpctrain(options.steps, options.ranks)
        peer = run_peer(options.steps, options.ranks)
        pairs.append((ours, peer))
        print(f"pair {number + 1}: hpctrain {ours['samples_per_second']:7.0f} /s, first step {ours['start_seconds']:.2f} s"
              f" | DDP {peer['samples_per_second']:7.0f} /s, first step {peer['start_seconds']:.2f} s", flush=True)
    ceiling = run_peer(options.steps, options.ranks, "--no-sync")["samples_per_second"]

    def median(side: int, key: str) -> float:
        return statistics.median(pair[side][key] for pair in pairs)

    speed = statistics.median(ours["samples_per_second"] / peer["samples_per_second"] for ours, peer in pairs)
    start = statistics.median(ours["start_seconds"] / peer["start_seconds"] for ours, peer in pairs)
    print(f"\n{options.ranks} ranks × 32 samples, one thread per rank, median of {options.pairs} alternated pairs")
    print(f"{'':28}{'hpctrain':>10}{'DDP gloo':>10}{'ratio':>8}")
    print(f"{'samples per second':28}{median(0, 'samples_per_second'):10.0f}{median(1, 'samples_per_second'):10.0f}"
          f"{speed:8.2f}")
    print(f"{'start to first step, s':28}{median(0, 'start_seconds'):10.2f}{median(1, 'start_seconds'):10.2f}"
          f"{start:8.2f}")
    print(f"{'peer without all-reduce':28}{'':10}{ceiling:10.0f}")

    # Only a wrong answer is a failure: both must have learned something from the same data.
    for ours, peer in pairs:
        if not (ours["loss"] < 1.5 and peer["loss"] < 1.5):
            print(f"a network did not learn: loss {ours['loss']} and {peer['loss']}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
