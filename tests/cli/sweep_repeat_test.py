"""jobs/fashion_grid.ini in small: in reproducible mode the best trial's best.ini, run alone on any number of ranks, gives
the score and the weights that it had in the sweep."""
import csv
import os
import pathlib
import unittest

from hpctrain_test import ProgramTest, end_of, make_dataset, read_metrics, run_hpctrain

JOB = pathlib.Path(os.environ["HPCTRAIN_SOURCE"]) / "jobs/fashion_grid.ini"


class SweepRepeatTest(ProgramTest):
    def test_the_best_trial_alone_gives_its_score_and_weights_on_any_number_of_ranks(self):
        data = make_dataset(self.folder, validation=50)
        out = self.folder / "sweep"
        result = run_hpctrain("sweep", JOB, "--data", data, "--out", out, "--train.epochs", "2", "--train.batch", "50",
                              "--train.micro-shards", "4", ranks=4)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(out / "results.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["state"] for row in rows], ["done"] * 6)
        scores = [float(row["top1"]) for row in rows]
        self.assertEqual(scores, sorted(scores, reverse=True))
        digest = end_of(out / "trials" / rows[0]["trial"])["state_digest"]
        for ranks in (1, 3):
            alone = self.folder / f"alone-{ranks}"
            result = run_hpctrain(out / "best.ini", "--out", alone, ranks=ranks)
            self.assertEqual(result.returncode, 0, result.stderr)
            score = [line for line in read_metrics(alone, "eval") if line["split"] == "validation"][-1]
            self.assertEqual(score["metrics"]["top1"], scores[0])
            self.assertEqual(end_of(alone)["state_digest"], digest)
            self.assertEqual(read_metrics(alone, "run")[0]["world"], ranks)


if __name__ == "__main__":
    unittest.main()
