#!/usr/bin/env python3
"""A training step of hpctrain beside PyTorch DDP over gloo, a sum over ranks beside gloo's, and the engine beside a bare
LibTorch loop: in turns, on equal parameters and samples.

    .venv/bin/python bench/compare_step.py --out FOLDER [--what resnet18 small-convnet sums overhead] [--pairs 7]

The two sides of a pair run one right after the other. Pairs are kept in FOLDER and counted by later calls too, so that a
long comparison can be made in pieces. Prints medians of the pairs' ratios. Fails only on a wrong answer: when the two
sides' losses on the same samples differ, or a sum is not exact.
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys

from both_sides import HPCTRAIN_BIN, run_peer, run_ranks, train_hpctrain
from networks import make_network
from safetensors.torch import save_file

RANKS = 2
SUM_BYTES = 45_000_000
LOSSES_COMPARED = 3  # of the first steps: later ones drift apart by rounding
NETWORKS = {
    "resnet18": {"steps": 6, "warm_up": 2, "rounds": 1, "lr": 0.01,
                 "ours": ["--model.stem", "small", "--train.channels-last", "on"], "peer": ["--channels-last"]},
    "small-convnet": {"steps": 400, "warm_up": 20, "rounds": 5, "lr": 0.05, "ours": [], "peer": []},
}


def make_pictures(folder: pathlib.Path) -> pathlib.Path:
    """Colour pictures of 32×32 pixels in CIFAR-10's form whose brightness tells the class."""
    source = folder / "pictures"
    batches = source / "cifar-10-batches-bin"
    if not batches.exists():
        batches.mkdir(parents=True)
        generator = random.Random(1)
        for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
            labels = [generator.randrange(10) for _ in range(200)]
            records = (bytes([label]) + bytes(value // 2 + 12 * label for value in generator.randbytes(3072))
                       for label in labels)
            (batches / f"{name}.bin").write_bytes(b"".join(records))
        (batches / "batches.meta.txt").write_text("".join(f"class {i}\n" for i in range(10)))
    if not (folder / "packed/manifest.h5").exists():
        subprocess.run([HPCTRAIN_BIN / "hpctrain-pack", "cifar10", source, "-o", folder / "packed"], check=True,
                       capture_output=True)
    return source


class TrainingPair:
    """One network on both sides. The peer takes the samples that an audited run of ours took."""

    def __init__(self, name: str, folder: pathlib.Path):
        plan = NETWORKS[name]
        self.name, self.steps, self.warm_up = name, plan["steps"], plan["warm_up"]
        self.rounds = plan["rounds"]
        weights, order = folder / f"{name}.safetensors", folder / f"{name}-order"
        save_file(make_network(name).state_dict(), weights)
        self.ours = ["--model", name, "--model.init", weights, "--data.augment", "none", "--lr", plan["lr"],
                     "--optim.schedule", "constant", "--optim.warmup-epochs", 0, *plan["ours"]]
        self.peer = ["--model", name, "--weights", weights, "--lr", plan["lr"], *plan["peer"]]
        if name == "resnet18":
            source = make_pictures(folder)
            self.ours += ["--data", folder / "packed"]
            self.peer += ["--source", source]
        if not (order / "exit.json").exists():
            train_hpctrain(self.steps, self.warm_up, RANKS, *self.ours, "--run.audit", out=order)
        self.peer += ["--audit", order / "audit"]

    def run(self) -> dict:
        ours = train_hpctrain(self.steps, self.warm_up, RANKS, *self.ours)
        peer = run_peer("ddp_peer.py", RANKS, "--steps", self.steps, "--warm-up", self.warm_up, *self.peer)
        for step in range(LOSSES_COMPARED):
            if abs(ours["losses"][step] - peer["losses"][step]) > 1e-3 * peer["losses"][step]:
                sys.exit(f"{self.name}: losses on the same samples differ at step {step + 1}: "
                         f"{ours['losses'][step]} and {peer['losses'][step]}")
        return {"ours": ours["step_seconds"], "peer": peer["step_seconds"],
                "communication_share": ours["communication_share"]}


def run_sum_pair(ranks: int) -> dict:
    ours = json.loads(run_ranks(ranks, "bench", "comm", "--sizes", SUM_BYTES, "--json"))["sums"][0]
    peer = run_peer("gloo_peer.py", ranks, "--bytes", SUM_BYTES)
    if not peer["is_right"]:
        sys.exit("the peer's sum is wrong")
    return {"ours": ours["seconds"], "peer": peer["seconds"]}


def run_overhead_pair(training: TrainingPair) -> dict:
    report = json.loads(run_ranks(1, "bench", "step", "--json", "--steps", training.steps, "--warm-up",
                                  training.warm_up, "--rounds", training.rounds, "--batch", 32, "--train.threads", 1,
                                  "--device", "cpu", *training.ours))
    return {"ours": report["step_seconds"], "peer": report["bare_step_seconds"]}


def make_comparisons(what: list[str], folder: pathlib.Path) -> dict:
    """Name of each comparison and what runs one pair of it."""
    training = {name: TrainingPair(name, folder) for name in NETWORKS if name in what or "overhead" in what}
    comparisons = {name: pair.run for name, pair in training.items() if name in what}
    if "sums" in what:
        comparisons |= {f"sum of 45 MB, {ranks} ranks": lambda ranks=ranks: run_sum_pair(ranks) for ranks in (2, 4)}
    if "overhead" in what:
        comparisons |= {f"bare loop, {name}": lambda pair=pair: run_overhead_pair(pair)
                        for name, pair in training.items()}
    return comparisons


def print_medians(pairs: list[dict]) -> None:
    print(f"\n{'median of pairs':28}{'pairs':>6}{'hpctrain, ms':>14}{'peer, ms':>12}{'peer/hpctrain':>15}{'exposed comm.':>15}")
    for name in dict.fromkeys(pair["name"] for pair in pairs):
        mine = [pair for pair in pairs if pair["name"] == name]
        ratio = statistics.median(pair["peer"] / pair["ours"] for pair in mine)
        shares = [pair["communication_share"] for pair in mine if "communication_share" in pair]
        share = f"{100 * statistics.median(shares):.1f} %" if shares else ""
        ours, peer = (1e3 * statistics.median(pair[side] for pair in mine) for side in ("ours", "peer"))
        print(f"{name:28}{len(mine):6}{ours:14.2f}{peer:12.2f}{ratio:15.3f}{share:>15}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    everything = [*NETWORKS, "sums", "overhead"]
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--what", nargs="+", choices=everything, default=everything)
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    comparisons = make_comparisons(options.what, options.out)
    record = options.out / "pairs.jsonl"
    with record.open("a") as file:
        for _ in range(options.pairs):
            for name, run_pair in comparisons.items():
                pair = {"name": name, **run_pair()}
                print(f"{name}: {1e3 * pair['ours']:.2f} ms, peer {1e3 * pair['peer']:.2f} ms", flush=True)
                file.write(json.dumps(pair) + "\n")
                file.flush()
    print_medians([json.loads(line) for line in record.read_text().splitlines()])


if __name__ == "__main__":
    main()
