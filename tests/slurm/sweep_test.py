"""A sweep as a job: queued again after it was cut off, it ends every trial once."""
import csv
import re
import shutil
import unittest

from hpctrain_test import make_dataset, wait_until
from slurm_cluster import SOURCE, ClusterTest

SETTINGS = """[task]
name = classification
[model]
name = small-convnet
[optim]
lr = 0.05, 0.02
[train]
seed = 1, 2, 3
epochs = 60
batch = 48
[checkpoint]
every-steps = 20
[sweep]
ranks-per-trial = 1
"""


class SweepJobTest(ClusterTest):
    def setUp(self):
        super().setUp()
        shutil.copytree(SOURCE / "jobs", self.folder / "jobs")
        (self.folder / "data").mkdir()
        make_dataset(self.folder, train=203).rename(self.folder / "data/fashion")
        (self.folder / "six.ini").write_text(SETTINGS)

    def outcomes(self, run):
        texts = [path.read_text() for path in sorted((run / "ledger").glob("*.ledger"))]
        return [match[1] for text in texts for match in re.finditer(r'"state":"(\w+)"', text)]

    def test_a_requeued_sweep_goes_on_with_the_trials_that_are_left(self):
        job = self.cluster.submit("jobs/sweep.slurm", "six.ini", folder=self.folder)
        log, run = self.folder / f"sweep-{job}.log", self.folder / f"runs/sweep-{job}"
        self.assertTrue(wait_until(lambda: "done" in self.outcomes(run), 120))
        self.cluster.run("scontrol", "requeue", job)
        self.assertEqual(self.cluster.wait_for_end(job), "COMPLETED", log.read_text())
        self.assertEqual(self.outcomes(run).count("done"), 6)
        with open(run / "results.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(sorted((row["optim.lr"], row["train.seed"], row["state"]) for row in rows),
                         [(lr, seed, "done") for lr in ("0.02", "0.05") for seed in ("1", "2", "3")])
        self.assertIn("start 2 of this run", log.read_text())
        self.assertIn("ended with 0 at 6 ended trials, ", log.read_text())
        first, second = progress_at_starts(run)
        self.assertEqual(first, "0/0")
        self.assertNotEqual(second, "0/0")

    def test_a_failed_trial_is_told_by_the_code_and_the_job_is_not_queued_again(self):
        job = self.cluster.submit("jobs/sweep.slurm", "six.ini", "--train.epochs", "1", "--train.batch", "48,100000",
                                  "--optim.lr", "0.05", folder=self.folder)
        log, run = self.folder / f"sweep-{job}.log", self.folder / f"runs/sweep-{job}"
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED", log.read_text())
        self.assertEqual(self.cluster.exit_code(job), 64)
        self.assertEqual(sorted(self.outcomes(run)), ["done"] * 3 + ["failed"] * 3)
        self.assertEqual(len(progress_at_starts(run)), 1)


def progress_at_starts(run):
    """What each start found: ended trials and saved steps."""
    return run.with_name(run.name + ".starts").read_text().split()


if __name__ == "__main__":
    unittest.main()
