"""A sweep whose ranks are killed at random moments, rank zero among them: each trial ends exactly once."""
import csv
import json
import os
import random
import signal
import time
import unittest

from hpctrain_test import ProgramTest, make_dataset, processes_with, run_hpctrain, start_hpctrain, wait_until

KILLS = int(os.environ.get("HPCTRAIN_SWEEP_KILLS", "6"))


class SweepKillTest(ProgramTest):
    def final_states(self) -> dict[str, int]:
        ends: dict[str, int] = {}
        for path in sorted((self.out / "ledger").iterdir()):
            for line in path.read_bytes().splitlines():
                try:
                    record = json.loads(line[17:])
                except ValueError:
                    continue
                if record["record"] == "outcome" and record["state"] in ("done", "failed"):
                    ends[record["trial"]] = ends.get(record["trial"], 0) + 1
        return ends

    def test_each_trial_ends_exactly_once_however_often_ranks_are_killed(self):
        seed = int(os.environ.get("HPCTRAIN_SWEEP_SEED", "1"))
        print(f"seed {seed}")
        draw = random.Random(seed)
        data = make_dataset(self.folder, train=1003, validation=50)
        self.out = self.folder / "sweep"
        arguments = ("sweep", "--data", data, "--out", self.out, "--train.epochs", "2", "--train.batch", "16",
                     "--checkpoint.every-steps", "20", "--train.seed", "1,2,3,4,5,6,7,8", "--optim.lr", "0.01",
                     "--sweep.attempts", "1000")
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
        ends = self.final_states()
        self.assertEqual(len(ends), 8)
        self.assertEqual(set(ends.values()), {1})
        with open(self.out / "results.csv", newline="") as file:
            self.assertEqual([row["state"] for row in csv.DictReader(file)], ["done"] * 8)


if __name__ == "__main__":
    unittest.main()
