"""A sweep whose ranks are killed at random moments, rank zero among them: each trial ends exactly once."""
import csv
import json
import os
import random
import signal
import time
import unittest

from hpctrain_test import ProgramTest, make_dataset, processes_with, run_hpctrain, start_hpctrain, wait_until

KILLS = int(os.environ.get("HPCTRAIN_TEST_SWEEP_KILLS", "6"))


class SweepKillTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=1003, validation=50)
        self.out = self.folder / "sweep"

    def records(self, kind: str) -> list[dict]:
        found = []
        for path in sorted((self.out / "ledger").iterdir()):
            for line in path.read_bytes().splitlines():
                try:
                    record = json.loads(line[17:])
                except ValueError:
                    continue
                if record["record"] == kind:
                    found.append(record)
        return found

    def final_states(self) -> dict[str, list[str]]:
        ends: dict[str, list[str]] = {}
        for record in self.records("outcome"):
            if record["state"] != "paused":
                ends.setdefault(record["trial"], []).append(record["state"])
        return ends

    def kill_until_done(self, *more) -> None:
        seed = int(os.environ.get("HPCTRAIN_TEST_SWEEP_SEED", "1"))
        print(f"seed {seed}")
        draw = random.Random(seed)
        arguments = ("sweep", "--data", self.data, "--out", self.out, "--train.batch", "16", "--checkpoint.every-steps",
                     "20", "--sweep.attempts", "1000", *more)
        killed = 0
        for _ in range(KILLS):
            before = len(list((self.out / "ledger").glob("*"))) if self.out.exists() else 0
            start = start_hpctrain(*arguments, ranks=2)
            wait_until(lambda: len(list((self.out / "ledger").glob("*"))) > before or start.poll() is not None, 20)
            time.sleep(draw.uniform(0, 0.8))
            ranks = [pid for pid in processes_with(str(self.out)) if pid != start.pid]
            if ranks and start.poll() is None:
                os.kill(draw.choice(sorted(ranks)), signal.SIGKILL)
                killed += 1
            start.wait(timeout=30)
            self.assertTrue(wait_until(lambda: not processes_with(str(self.out)), 10))
        self.assertGreater(killed, 0)
        result = run_hpctrain(*arguments, ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)

    def results(self) -> list[dict]:
        with open(self.out / "results.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_each_trial_ends_exactly_once_however_often_ranks_are_killed(self):
        self.kill_until_done("--train.epochs", "2", "--train.seed", "1,2,3,4,5,6,7,8", "--optim.lr", "0.01")
        ends = self.final_states()
        self.assertEqual(len(ends), 8)
        self.assertEqual({len(states) for states in ends.values()}, {1})
        self.assertEqual([row["state"] for row in self.results()], ["done"] * 8)

    def test_what_asha_decided_stands_however_often_ranks_are_killed(self):
        self.kill_until_done("--train.epochs", "3", "--train.seed", "1,2,3,4,5,6", "--optim.lr", "0.01",
                             "--sweep.metric", "loss", "--sweep.scheduler", "asha", "--sweep.reduction", "2")
        ends = self.final_states()
        self.assertEqual(len(ends), 6)
        self.assertEqual({len(states) for states in ends.values()}, {1})
        scores = self.records("score")
        self.assertEqual(len({(score["trial"], score["epoch"]) for score in scores}), len(scores))
        # Played back in the order of the ledger, every decision follows from the scores before it.
        for number, score in enumerate(scores):
            seen = [other["metric"] for other in scores[:number] if other["epoch"] == score["epoch"]]
            better = sum(metric < score["metric"] for metric in seen)
            self.assertEqual(score["stops"], better >= max(1, (len(seen) + 1) // 2), score)
        last = {score["trial"]: score for score in scores}
        for row in self.results():
            stops = last[row["trial"]]["stops"]
            self.assertEqual(row["state"], "stopped" if stops else "done")
            if stops:
                self.assertEqual((int(row["stopped_epoch"]), float(row["loss"])),
                                 (last[row["trial"]]["epoch"], last[row["trial"]]["metric"]))
        # Every trial that went on was asked at each rung on its way.
        for trial, states in ends.items():
            rungs = [score["epoch"] for score in scores if score["trial"] == trial]
            self.assertEqual(rungs, [1, 2][:len(rungs)])
            if states == ["done"]:
                self.assertEqual(rungs, [1, 2])


if __name__ == "__main__":
    unittest.main()
