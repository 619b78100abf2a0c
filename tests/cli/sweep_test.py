"""A grid of real trials by mpirun: one final state each, results that scripts read, the best run again from its run.ini."""
import csv
import json
import unittest

from hpctrain_test import ProgramTest, make_dataset, read_metrics, run_hpctrain

GRID = ("--optim.lr", "0.05,0.01,0.002", "--train.seed", "1,2")
SHORT = ("--train.epochs", "1", "--train.batch", "48")


class SweepTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, validation=50)
        self.out = self.folder / "sweep"

    def sweep(self, *arguments, ranks=4):
        return run_hpctrain("sweep", "--data", self.data, "--out", self.out, *SHORT, *arguments, ranks=ranks)

    def results(self):
        with open(self.out / "results.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_a_grid_on_four_ranks_gives_sorted_results_and_a_best_run_to_repeat(self):
        result = self.sweep(*GRID)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = self.results()
        self.assertEqual(list(rows[0]), ["trial", "state", "optim.lr", "train.seed", "top1", "steps", "seconds"])
        self.assertEqual({(row["optim.lr"], row["train.seed"]) for row in rows},
                         {(lr, seed) for lr in ("0.05", "0.01", "0.002") for seed in ("1", "2")})
        self.assertEqual([row["state"] for row in rows], ["done"] * 6)
        scores = [float(row["top1"]) for row in rows]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual([row["trial"] for row in json.loads((self.out / "results.json").read_text())],
                         [row["trial"] for row in rows])
        alone = run_hpctrain(self.out / "best.ini", "--out", self.folder / "alone")
        self.assertEqual(alone.returncode, 0, alone.stderr)
        again = [line for line in read_metrics(self.folder / "alone", "eval") if line["split"] == "validation"][-1]
        self.assertEqual(again["metrics"]["top1"], scores[0])

    def test_a_second_start_runs_new_values_alone_and_keeps_the_old_results(self):
        self.assertEqual(self.sweep("--optim.lr", "0.05,0.01", ranks=2).returncode, 0)
        before = {row["trial"]: row for row in self.results()}
        result = self.sweep("--sweep", "optim.lr=0.05,0.01,0.002", ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        after = {row["trial"]: row for row in self.results()}
        self.assertEqual(len(after), 3)
        for trial, row in before.items():
            self.assertEqual(after[trial], row)
            self.assertEqual(len(read_metrics(self.out / "trials" / trial, "run")), 1)

    def test_a_failing_trial_is_reported_and_the_others_are_done(self):
        result = run_hpctrain("sweep", "--data", self.data, "--out", self.out, "--train.epochs", "1",
                              "--train.batch", "48,100000", ranks=2)
        self.assertEqual(result.returncode, 64, result.stderr)
        states = {row["train.batch"]: row["state"] for row in self.results()}
        self.assertEqual(states, {"48": "done", "100000": "failed"})
        self.assertIn("train.batch 100000 is larger", result.stderr)

    def test_what_cannot_be_swept_is_refused_before_anything_runs(self):
        cases = [((), ("a sweep needs an axis",)),
                 (("--data.dir", "a,b"), ("data.dir", "cannot be swept")),
                 (("--optim.lr", "0.1,-1"), ("optim.lr", "-1")),
                 (("--optim.lr", "0.1,0.2", "--sweep.ranks-per-trial", "2"), ("sweep.ranks-per-trial is 2", "1 rank"))]
        for arguments, words in cases:
            if "--data.dir" in arguments:
                result = run_hpctrain("sweep", "--out", self.out, *arguments)
            else:
                result = self.sweep(*arguments, ranks=1)
            self.assert_refused(result, 64, *words)
            self.assertFalse(self.out.exists())

    def test_a_dry_run_prints_the_trials_and_runs_none(self):
        result = self.sweep(*GRID, "--sweep.dry-run", ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("6 trials on 2 groups of 1 ranks", result.stdout)
        self.assertEqual(result.stdout.count("optim.lr="), 6)
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main()
