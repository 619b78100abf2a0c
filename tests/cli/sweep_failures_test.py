"""Trials that diverge, throw or run out of memory: each is reported as failed, its ranks go on with the next trial, and the
sweep's exit code says so."""
import csv
import json
import unittest

from hpctrain_test import ProgramTest, make_dataset, read_metrics, run_hpctrain

class SweepFailuresTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, validation=50)
        self.out = self.folder / "sweep"

    def common(self) -> tuple:
        return "sweep", "--data", self.data, "--out", self.out, "--train.epochs", "1"

    def results(self) -> dict[str, dict]:
        """By the value of the only axis."""
        self.assertTrue((self.out / "results.csv").exists())
        with open(self.out / "results.csv", newline="") as file:
            return {list(row.values())[2]: row for row in csv.DictReader(file)}

    def failure(self, trial: str) -> dict:
        row = next(row for row in json.loads((self.out / "results.json").read_text()) if row["trial"] == trial)
        report = json.loads((self.out / "trials" / trial / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (row["code"], row["message"]))
        return row

    def check(self, result, code: int, failing: str, others: set[str], words: str) -> None:
        self.assertEqual(result.returncode, code, result.stderr)
        rows = self.results()
        self.assertEqual({value: row["state"] for value, row in rows.items()},
                         {failing: "failed"} | dict.fromkeys(others, "done"))
        failure = self.failure(rows[failing]["trial"])
        self.assertEqual(failure["code"], code)
        self.assertIn(words, failure["message"])
        self.assertNotIn("\n", failure["message"])
        self.assertIn(failure["message"], result.stderr)
        self.assertEqual(json.loads((self.out / "exit.json").read_text())["cause"], "a trial failed")

    def test_a_trial_that_diverges_fails_alone(self):
        for ranks, ranks_per_trial in ((1, 1), (2, 2)):
            self.out = self.folder / f"sweep-{ranks}"
            result = run_hpctrain(*self.common(), "--train.batch", "48", "--optim.lr",
                                  "1e30,0.05,0.01", "--sweep.ranks-per-trial", ranks_per_trial, ranks=ranks)
            self.check(result, 64, "1e+30", {"0.05", "0.01"}, "training has diverged")

    def test_a_trial_that_runs_out_of_memory_fails_alone(self):
        # Equally long trials are dealt as they stand: two more wait on the same rank. Of the large images not even one
        # fits at last.
        result = run_hpctrain(*self.common(), "--train.batch", "8", "--train.memory-limit-mib", "24",
                              "--data.image-size", "320x320,24x24,16x16", ranks=1)
        self.check(result, 71, "320x320", {"24x24", "16x16"}, "out of memory")
        self.assertIn("at most 1 sample of a rank at once", result.stderr)
        rungs = {value: sum("memory" in line for line in read_metrics(self.out / "trials" / row["trial"], "verdict"))
                 for value, row in self.results().items()}
        self.assertEqual(rungs, {"320x320": 3, "24x24": 0, "16x16": 0})


if __name__ == "__main__":
    unittest.main()
