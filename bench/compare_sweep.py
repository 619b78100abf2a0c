#!/usr/bin/env python3
"""What a sweep costs beside its trials: `hpctrain bench sweep` beside Optuna with its journal and Ray Tune, in turns in
one run, on trials that sleep.

    bench/setup_peers sweep                          # once
    .venv/bin/python bench/compare_sweep.py [--what short long network] [--turns 3]

short: 200 trials of 0.1 s in four groups, fewer of them for Ray, whose processes are kept for the next trial (ray-reuse) or
started anew, which is its default. long: 80 trials of 1 s with 30 % spread: how busy the
groups are. network: a small network built anew in every trial of 0.1 s. Overhead is what a group loses for each trial
that it runs. Peers that are not installed are left out. Fails only on a wrong answer: a trial that has not ended once.
"""
import argparse
import heapq
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

from both_sides import run_ranks

HERE = pathlib.Path(__file__).resolve().parent
PEERS = pathlib.Path(os.environ.get("HPCTRAIN_PEERS", pathlib.Path.home() / ".cache/hpctrain-peers"))
PEER_PYTHON = PEERS / "sweep/bin/python"
NOT_INSTALLED = 3
GROUPS = 4
RAY_TRIALS = 40
FLAGS = {
    "short": ["--trials", 200, "--seconds", 0.1],
    "network": ["--trials", 200, "--seconds", 0.1, "--network", "small-convnet"],
    "long": ["--trials", 80, "--seconds", 1, "--spread", 0.3],
}
PEERS_OF = {"short": ("optuna", "ray-reuse", "ray"), "network": (), "long": ("optuna",)}


def plan_makespan(seconds: list[float]) -> float:
    """Each trial at once with the group that is free first."""
    free = [0.0] * GROUPS
    for trial in seconds:
        heapq.heappush(free, heapq.heappop(free) + trial)
    return max(free)


def run_ours(what: str, folder: pathlib.Path) -> dict:
    return json.loads(run_ranks(GROUPS, "bench", "sweep", "--json", "--dir", folder, *FLAGS[what]))


def run_peer(name: str, seconds: list[float], folder: pathlib.Path) -> dict | None:
    """None where it is not installed."""
    if not PEER_PYTHON.exists():
        return None
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"groups": GROUPS, "trial_seconds": seconds}))
    result = subprocess.run([PEER_PYTHON, HERE / "sweep_peer.py", name, plan, folder], capture_output=True, text=True,
                            env=os.environ | {"OMP_NUM_THREADS": "1", "RAY_AIR_NEW_OUTPUT": "0"})
    if result.returncode == NOT_INSTALLED:
        return None
    if result.returncode != 0:
        raise SystemExit(f"{name}: {result.stderr}")
    return json.loads(result.stdout.strip().splitlines()[-1])


def peer_report(name: str, seconds: list[float]) -> dict | None:
    if name.startswith("ray"):
        seconds = seconds[:RAY_TRIALS]
    with tempfile.TemporaryDirectory(dir=pathlib.Path.cwd(), prefix=".compare-sweep-") as folder:
        found = run_peer(name, seconds, pathlib.Path(folder))
    if found is None:
        return None
    # Ray's start is a sweep of its own, of one trial per group, and left out: hpctrain's and Optuna's are not in either.
    timed = seconds[GROUPS:] if "start_seconds" in found else seconds
    wall = found["wall_seconds"] - found.get("start_seconds", 0)
    return found | {"overhead_seconds": (wall - plan_makespan(timed)) * GROUPS / len(timed),
                    "busy_share": sum(timed) / (GROUPS * wall), "wall_seconds": wall, "trials": len(timed)}


def run_turn(what: str) -> dict[str, dict]:
    """One report for each side."""
    with tempfile.TemporaryDirectory(dir=pathlib.Path.cwd(), prefix=".compare-sweep-") as folder:
        ours = run_ours(what, pathlib.Path(folder))
    reports = {"hpctrain": ours}
    for name in PEERS_OF[what]:
        found = peer_report(name, ours["trial_seconds"])
        if found is not None:
            reports[name] = found
    for name, report in reports.items():
        print(f"  {what}, {name}: {1e3 * report['overhead_seconds']:.2f} ms a trial, busy "
              f"{100 * report['busy_share']:.1f} %, {report['wall_seconds']:.2f} s", flush=True)
    return reports


def median(turns: list[dict[str, dict]], name: str, key: str) -> float:
    return statistics.median(turn[name][key] for turn in turns)


def print_table(results: dict[str, list[dict[str, dict]]]) -> None:
    print(f"\n{'median of turns':24}{'trials':>8}{'overhead, ms':>14}{'/ hpctrain':>12}{'busy':>9}{'processor, ms':>15}")
    for what, turns in results.items():
        for name, report in turns[0].items():
            overhead = median(turns, name, "overhead_seconds")
            ratio = statistics.median(turn[name]["overhead_seconds"] / turn["hpctrain"]["overhead_seconds"] for turn in turns)
            processor = ""
            if "processor_seconds" in report:
                processor = f"{1e3 * median(turns, name, 'processor_seconds') / report['trials']:.2f}"
            print(f"{what + ', ' + name:24}{report['trials']:8}{1e3 * overhead:14.2f}{ratio:12.1f}"
                  f"{100 * median(turns, name, 'busy_share'):8.1f}%{processor:>15}")
    ours = [turn["hpctrain"] for turns in results.values() for turn in turns]
    print(f"ledger: {statistics.median(report['ledger_syncs'] / report['trials'] for report in ours):.2f} syncs a trial, "
          f"{1e3 * statistics.median(report['sync_seconds'] / report['ledger_syncs'] for report in ours):.2f} ms each")
    if "network" in results:
        built = statistics.median(turn["hpctrain"]["build_seconds"] for turn in results["network"])
        print(f"network: built in {1e3 * built:.2f} ms")
    if {"short", "network"} <= results.keys():
        more = (median(results["network"], "hpctrain", "overhead_seconds")
                - median(results["short"], "hpctrain", "overhead_seconds"))
        print(f"network: {1e3 * more:.2f} ms a trial on top of a trial without")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", nargs="+", choices=list(FLAGS), default=list(FLAGS))
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    results: dict[str, list[dict[str, dict]]] = {what: [] for what in arguments.what}
    for _ in range(arguments.turns):
        for what in arguments.what:
            results[what].append(run_turn(what))
    print_table(results)


if __name__ == "__main__":
    main()
