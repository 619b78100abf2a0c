"""Kills sweeps again and again at random moments, rank zero and the launcher among the victims, and proves that they end
as the unbroken one does: each trial once, with the same scores and weights."""
import collections
import csv
import json
import os
import pathlib
import random
import shutil
import signal
import time

from hpctrain_test import (end_of, kill_all, processes_with, ranks_of, read_jsonl, read_metrics, run_hpctrain,
                           start_hpctrain, wait_until)

TRIALS = 10
EPOCHS = 3
FLAGS = ("--train.batch", "16", "--train.epochs", EPOCHS, "--train.seed", ",".join(map(str, range(1, TRIALS + 1))),
         "--optim.lr", "0.01", "--checkpoint.every-steps", "10", "--sweep.metric", "loss", "--sweep.attempts", "1000")
ASHA = ("--sweep.scheduler", "asha", "--sweep.reduction", "2")
VICTIMS = ("rank zero", "another rank", "the launcher")
SHARE_OF_EARLY_KILLS = 0.15  # while ranks find each other, before the ledger is open
LONGEST_START_SECONDS = 0.5
LONGEST_WORK_SECONDS = 0.8


def ledger_records(out: pathlib.Path) -> list[dict]:
    """Of all starts, in order. A line that a kill tore is none."""
    records = []
    for path in sorted((out / "ledger").iterdir()):
        for line in path.read_bytes().splitlines():
            try:
                records.append(json.loads(line[17:]))  # behind its checksum
            except ValueError:
                continue
    return records


def final_states(records: list[dict]) -> dict[str, list[str]]:
    states: dict[str, list[str]] = {}
    for record in records:
        if record["record"] == "outcome" and record["state"] != "paused":
            states.setdefault(record["trial"], []).append(record["state"])
    return states


def read_results(out: pathlib.Path) -> list[dict]:
    with open(out / "results.csv", newline="") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def losses_by_step(trial: pathlib.Path) -> dict[int, set[float]]:
    """Of every evaluation of any start, those included that a resumed start made again."""
    losses: dict[int, set[float]] = {}
    for line in read_metrics(trial, "eval"):
        losses.setdefault(line["step"], set()).add(line["metrics"]["loss"])
    return losses


def rank_number(pid: int) -> int | None:
    try:
        environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    numbers = [int(entry.split(b"=")[1]) for entry in environment if entry.startswith(b"OMPI_COMM_WORLD_RANK=")]
    return numbers[0] if numbers else None


class SweepKillSuite:
    """Sweeps of the same trials, one after another, until so many starts were killed."""

    def __init__(self, test, data: pathlib.Path, folder: pathlib.Path, *, ranks: int, seed: int, scheduler=(), flags=()):
        self.test, self.folder, self.ranks, self.scheduler = test, folder, ranks, tuple(scheduler)
        self.common = ("sweep", "--data", data, *FLAGS, *flags)
        self.generator = random.Random(seed)
        self.figures = collections.Counter()
        test.addCleanup(kill_all, str(folder))
        print(f"sweep kill suite: {ranks} ranks, seed {seed}", flush=True)

    def run(self, kills: int) -> collections.Counter:
        self.reference = self.folder / f"unbroken-{self.ranks}"
        self.end(self.reference)
        while self.figures["kills"] < kills:
            self.kill_one_sweep(self.folder / f"killed-{self.figures['sweeps']}", kills)
            # A sweep that is over before it can be killed is drawn again, but not for ever.
            self.test.assertLess(self.figures["starts"], 4 * kills + 10)
        self.test.assertEqual(sum(self.figures[victim] for victim in VICTIMS), kills)
        self.test.assertGreater(self.figures["resumed trials"], 0)
        print("  " + ", ".join(f"{count} {name}" for name, count in self.figures.items()), flush=True)
        return self.figures

    def kill_one_sweep(self, out: pathlib.Path, kills: int) -> None:
        while self.figures["kills"] < kills:
            if not self.start_and_kill(out, VICTIMS[self.figures["kills"] % len(VICTIMS)]):
                break
        else:
            self.end(out, *self.scheduler)
        self.check(out)
        self.figures["sweeps"] += 1
        shutil.rmtree(out)

    def end(self, out: pathlib.Path, *scheduler) -> None:
        result = run_hpctrain(*self.common, *scheduler, "--out", out, ranks=self.ranks)
        self.test.assertEqual(result.returncode, 0, result.stderr)

    def start_and_kill(self, out: pathlib.Path, victim: str) -> bool:
        """False when the sweep came to its end first."""
        before = len(list((out / "ledger").glob("*"))) if out.exists() else 0
        process = start_hpctrain(*self.common, *self.scheduler, "--out", out, ranks=self.ranks)
        self.figures["starts"] += 1
        is_early = self.generator.random() < SHARE_OF_EARLY_KILLS
        self.test.assertTrue(wait_until(lambda: process.poll() is not None or (
            len(ranks_of(out)) >= self.ranks if is_early else len(list((out / "ledger").glob("*"))) > before), 60),
            "the sweep did not start")
        time.sleep(self.generator.uniform(0, LONGEST_START_SECONDS if is_early else LONGEST_WORK_SECONDS))
        is_hit = self.kill(out, process, victim)
        code = process.wait(timeout=60)
        self.test.assertTrue(wait_until(lambda: not processes_with(str(out)), 20), f"orphans after killing {victim}")
        if not is_hit:
            self.test.assertEqual(code, 0, "a sweep that nobody killed failed")
            return False
        self.test.assertNotEqual(code, 0, f"killing {victim} went unnoticed")
        self.figures["kills"] += 1
        self.figures[victim] += 1
        return True

    def kill(self, out: pathlib.Path, process, victim: str) -> bool:
        if process.poll() is not None:
            return False
        # The rank itself, not a child of its: it came first.
        numbered = {rank_number(pid): pid for pid in sorted(ranks_of(out), reverse=True)}
        others = [number for number in numbered if number]
        try:
            if victim == "the launcher":
                os.kill(process.pid, signal.SIGKILL)
            else:
                number = 0 if victim == "rank zero" else self.generator.choice(sorted(others))
                os.kill(numbered[number], signal.SIGKILL)
        except (KeyError, IndexError, ProcessLookupError):
            return False  # it has just ended
        return True

    def check(self, out: pathlib.Path) -> None:
        records = ledger_records(out)
        states = final_states(records)
        rows, expected = read_results(out), read_results(self.reference)
        trials = {row["trial"] for row in expected}
        self.test.assertEqual(len(trials), TRIALS)
        self.test.assertEqual({trial: len(ends) for trial, ends in states.items()}, dict.fromkeys(trials, 1))
        self.test.assertEqual({row["trial"]: [row["state"]] for row in rows}, states)
        for trial in trials:
            self.check_trial(out / "trials" / trial, states[trial] == ["done"])
        if self.scheduler:
            self.check_decisions(records, rows, expected)
        else:
            self.test.assertEqual(rows, expected)

    def check_trial(self, trial: pathlib.Path, is_done: bool) -> None:
        """What a checkpoint promised is never trained again, and no start came to another score."""
        promised = 0
        for line in read_jsonl(trial / "metrics.jsonl"):
            if line["event"] == "checkpoint":
                promised = max(promised, line["step"])
            elif line["event"] == "run":
                self.test.assertGreaterEqual(line.get("resumed_from", 0), promised, trial)
                self.figures["resumed trials"] += "resumed_from" in line
        unbroken = self.reference / "trials" / trial.name
        expected = losses_by_step(unbroken)
        for step, losses in losses_by_step(trial).items():
            self.test.assertEqual(losses, expected[step], trial)
        if is_done:
            self.test.assertEqual(end_of(trial)["state_digest"], end_of(unbroken)["state_digest"], trial)

    def check_decisions(self, records: list[dict], rows: list[dict], expected: list[dict]) -> None:
        """Played back in the order of the ledger, every decision of ASHA follows from the scores before it."""
        scores = [record for record in records if record["record"] == "score"]
        self.test.assertEqual(len({(score["trial"], score["epoch"]) for score in scores}), len(scores))
        for number, score in enumerate(scores):
            seen = [other["metric"] for other in scores[:number] if other["epoch"] == score["epoch"]]
            better = sum(metric < score["metric"] for metric in seen)
            self.test.assertEqual(score["stops"], better >= max(1, (len(seen) + 1) // 2), score)
        unbroken = {row["trial"]: row for row in expected}
        for row in rows:
            own = [score for score in scores if score["trial"] == row["trial"]]
            epochs = [score["epoch"] for score in own]
            if row["state"] == "done":
                self.test.assertEqual(epochs, list(range(1, EPOCHS)))
                self.test.assertEqual((row["loss"], row["steps"]),
                                      (unbroken[row["trial"]]["loss"], unbroken[row["trial"]]["steps"]))
            else:
                self.test.assertEqual(epochs, list(range(1, len(epochs) + 1)))
                self.test.assertEqual([score["stops"] for score in own], [False] * (len(own) - 1) + [True])
                self.test.assertEqual((int(row["stopped_epoch"]), float(row["loss"])), (epochs[-1], own[-1]["metric"]))
