#!/usr/bin/env python3
"""Training samples per second and start-up time of hpctrain beside PyTorch DDP over gloo, in one run.

Both train the small convolutional network on Fashion-MNIST with 2 ranks of one thread and 32 samples each. The two
alternate, so that a machine whose speed drifts treats them alike; medians and pairwise ratios are printed. The ceiling
is the peer without any all-reduce.

    .venv/bin/python bench/compare_training.py [--pairs 7]
"""
import argparse
import statistics
import sys

from both_sides import run_peer, train_hpctrain

WARM_UP = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--ranks", type=int, default=2)
    options = parser.parse_args()

    train_hpctrain(10, WARM_UP, options.ranks)  # packs the sample data set where needed, warms the page cache
    pairs = []
    for number in range(options.pairs):
        ours = train_hpctrain(options.steps, WARM_UP, options.ranks)
        peer = run_peer("ddp_peer.py", options.ranks, "--steps", options.steps)
        pairs.append((ours, peer))
        print(f"pair {number + 1}: hpctrain {ours['samples_per_second']:7.0f} /s, first step {ours['start_seconds']:.2f} s"
              f" | DDP {peer['samples_per_second']:7.0f} /s, first step {peer['start_seconds']:.2f} s", flush=True)
    ceiling = run_peer("ddp_peer.py", options.ranks, "--steps", options.steps, "--no-sync")["samples_per_second"]

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
        if not (ours["losses"][-1] < 1.5 and peer["losses"][-1] < 1.5):
            print(f"a network did not learn: loss {ours['losses'][-1]} and {peer['losses'][-1]}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
