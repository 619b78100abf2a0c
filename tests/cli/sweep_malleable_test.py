"""sweep.malleable: ranks for which no trial is left join the others; the results are those of fixed groups to the bit."""
import csv
import json
import os
import random
import signal
import time
import unittest

from hpctrain_test import (ProgramTest, end_of, make_dataset, processes_with, ranks_of, read_metrics, run_hpctrain,
                           start_hpctrain, wait_until)

KILLS = int(os.environ.get("HPCTRAIN_TEST_MALLEABLE_KILLS", "3"))
RANKS = 4
# One long trial and three short ones, each on one rank at first.
SWEEP = ("--train.batch", "48", "--train.micro-shards", "4", "--model.dropout", "0.2", "--train.epochs", "24,1",
         "--optim.lr", "0.05,0.02", "--sweep.paired", "train.epochs optim.lr", "--train.seed", "1,2",
         "--checkpoint.every-steps", "20", "--sweep.attempts", "1000")


class MalleableSweepTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = cls.make_class_folder()
        cls.data = make_dataset(cls.shared, train=1003, validation=50)
        cls.fixed = cls.shared / "fixed"
        result = run_hpctrain(*cls.arguments(cls.fixed), ranks=RANKS)
        if result.returncode != 0:
            raise AssertionError(result.stderr)

    @classmethod
    def arguments(cls, out, *more):
        return ("sweep", "--data", cls.data, "--out", out, *SWEEP, *more)

    def outcome(self, out) -> dict:
        """What each trial came to, and in which order."""
        with open(out / "results.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        return {row["trial"]: (row["state"], row["top1"], row["steps"], end_of(out / "trials" / row["trial"])["state_digest"])
                for row in rows}

    def starts(self, out) -> dict[str, list[int]]:
        """Ranks of each start of each trial."""
        return {trial.name: [start["world"] for start in read_metrics(trial, "run")]
                for trial in (out / "trials").iterdir()}

    def assert_as_fixed_groups(self, out):
        self.assertEqual(list(self.outcome(out).items()), list(self.outcome(self.fixed).items()))
        self.assertEqual((out / "best.ini").read_text(), (self.fixed / "best.ini").read_text())

    def test_a_trial_that_takes_in_idle_ranks_has_the_bits_of_fixed_groups(self):
        out = self.folder / "sweep"
        result = run_hpctrain(*self.arguments(out, "--sweep.malleable"), ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_as_fixed_groups(out)
        self.assertEqual({tuple(ranks) for ranks in self.starts(self.fixed).values()}, {(1,)})
        grown = [ranks for ranks in self.starts(out).values() if len(ranks) > 1]
        self.assertTrue(grown)
        for ranks in grown:
            self.assertEqual(ranks, sorted(ranks))
            self.assertIn(ranks[-1], (2, 4))  # a step has four parts
        again = run_hpctrain(*self.arguments(out, "--sweep.malleable"), ranks=RANKS)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assert_as_fixed_groups(out)

    def test_fewer_trials_than_groups_begin_with_more_ranks(self):
        out = self.folder / "sweep"
        result = run_hpctrain("sweep", "--data", self.data, "--out", out, "--train.batch", "48", "--train.micro-shards",
                              "4", "--train.epochs", "1", "--train.seed", "1,2", "--sweep.malleable", ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(list(self.starts(out).values()), [[2], [2]])

    def test_killed_while_it_grows_a_sweep_ends_each_trial_once_with_the_same_bits(self):
        draw = random.Random(int(os.environ.get("HPCTRAIN_TEST_SWEEP_SEED", "1")))
        killed_growing = 0
        for number in range(KILLS):
            out = self.folder / f"sweep-{number}"
            arguments = self.arguments(out, "--sweep.malleable")
            start = start_hpctrain(*arguments, ranks=RANKS)
            self.assertTrue(wait_until(lambda: self.has_paused(out) or start.poll() is not None, 60))
            # From the pause over the new communicator and the restored checkpoint to the first steps.
            time.sleep(draw.uniform(0, 0.4))
            ranks = ranks_of(out)
            if start.poll() is None and ranks:
                os.kill(draw.choice(sorted(ranks)), signal.SIGKILL)
                killed_growing += 1
            start.wait(timeout=30)
            self.assertTrue(wait_until(lambda: not processes_with(str(out)), 10))
            result = run_hpctrain(*arguments, ranks=RANKS)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assert_as_fixed_groups(out)
            self.assertEqual({len(states) for states in self.final_states(out).values()}, {1})
        self.assertGreater(killed_growing, 0)

    def has_paused(self, out) -> bool:
        return any(end["reason"] == "stopped: regroup" for trial in out.glob("trials/*")
                   for end in read_metrics(trial, "end"))

    def final_states(self, out) -> dict[str, list[str]]:
        ends: dict[str, list[str]] = {}
        for path in sorted((out / "ledger").iterdir()):
            for line in path.read_bytes().splitlines():
                try:
                    record = json.loads(line[17:])
                except ValueError:
                    continue
                if record["record"] == "outcome" and record["state"] != "paused":
                    ends.setdefault(record["trial"], []).append(record["state"])
        return ends

    def test_ranks_cannot_join_where_nothing_is_evaluated(self):
        result = run_hpctrain("sweep", "--data", self.data, "--out", self.folder / "sweep", "--optim.lr", "0.1,0.2",
                              "--sweep.malleable", "--eval.every-epochs", "0")
        self.assert_refused(result, 64, "sweep.malleable", "eval.every-epochs")


if __name__ == "__main__":
    unittest.main()
