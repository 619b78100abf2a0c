"""Run folders that belong to others, lie behind links or hold something foreign; two starts of one run at once."""
import json
import os
import shutil
import subprocess
import unittest

from hpctrain_test import (HPCTRAIN, ProgramTest, make_dataset, processes_with, read_metrics, run_hpctrain,
                           start_hpctrain, terminate_one_rank, wait_until)

# The tests run as root, whom every folder belongs to: in a name space of its own the same process is an ordinary user.
AS_ORDINARY_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
ANOTHER_USER = 12345


class RunFolderTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_folder = self.folder / "run"
        self.flags = ("--data", make_dataset(self.folder), "--batch", "32", "--train.micro-batch", "1", "--eval.every-epochs", "0",
                      "--eval.max-samples", "16", "--optim.schedule", "constant", "--run.quiet")
        self.short = (*self.flags, "--epochs", "1", "--train.steps", "5")
        self.endless = (*self.flags, "--epochs", "100000", "--checkpoint.every-steps", "5")

    def start_endless(self, out) -> subprocess.Popen:
        process = start_hpctrain(*self.endless, "--out", out, ranks=2)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(wait_until(lambda: len(read_metrics(self.run_folder, "checkpoint")) >= 2))
        return process

    def test_of_another_user_is_refused(self):
        self.run_folder.mkdir()
        os.chown(self.run_folder, ANOTHER_USER, ANOTHER_USER)
        result = subprocess.run([*AS_ORDINARY_USER, HPCTRAIN, *map(str, self.short), "--out", self.run_folder],
                                capture_output=True, text=True, timeout=60)
        self.assert_refused(result, 64, "belongs to another user", str(self.run_folder), "--out")
        self.assertEqual(list(self.run_folder.iterdir()), [])

    def test_of_ones_own_is_taken(self):
        self.run_folder.mkdir()
        result = subprocess.run([*AS_ORDINARY_USER, HPCTRAIN, *map(str, self.short), "--out", self.run_folder],
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_that_everybody_may_write_draws_one_warning_and_trains(self):
        self.run_folder.mkdir()
        self.run_folder.chmod(0o777)
        result = run_hpctrain(*self.short, "--out", self.run_folder, ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr.count("may be written by every user"), 1, result.stderr)

    def test_behind_a_link_that_is_turned_elsewhere_stays_in_one_place(self):
        elsewhere, link = self.folder / "elsewhere", self.folder / "link"
        elsewhere.mkdir()
        self.run_folder.mkdir()
        link.symlink_to(self.run_folder)
        process = self.start_endless(link)
        link.unlink()
        link.symlink_to(elsewhere)
        saves = len(read_metrics(self.run_folder, "checkpoint"))
        self.assertTrue(wait_until(lambda: len(read_metrics(self.run_folder, "checkpoint")) > saves + 1))
        terminate_one_rank(process, str(link))
        self.assertEqual(process.wait(30), 75)
        self.assertEqual(json.loads((self.run_folder / "exit.json").read_text())["code"], 75)
        self.assertEqual(list(elsewhere.iterdir()), [])

    def test_whose_hint_points_outside_is_continued_from_its_newest_checkpoint(self):
        self.assertEqual(run_hpctrain(*self.short, "--out", self.run_folder).returncode, 0)
        foreign = self.folder / "foreign"
        shutil.copytree(self.run_folder / "ckpt" / "step-0000000005", foreign / "step-0000000009")
        for hint in (f"{foreign}/step-0000000009\n", "ckpt/step-0000000009\n", None):
            (self.run_folder / "LATEST").unlink(missing_ok=True)
            if hint is not None:
                (self.run_folder / "LATEST").write_text(hint)
            steps = read_metrics(self.run_folder, "checkpoint")[-1]["step"]
            result = run_hpctrain(*self.flags, "--epochs", "10", "--train.steps", steps + 1, "--out", self.run_folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(read_metrics(self.run_folder, "run")[-1]["resumed_from"], steps)

    def test_of_a_start_that_still_runs_is_taken_over_and_the_older_start_ends_with_73(self):
        older = self.start_endless(self.run_folder)
        newer = start_hpctrain(*self.endless, "--out", self.run_folder, ranks=2)
        self.addCleanup(newer.wait)
        self.addCleanup(newer.kill)
        self.assertEqual(older.wait(60), 73)
        # The newer start says that the older one was left behind; how that one ends is no news of the run.
        self.assertEqual(json.loads((self.run_folder / "exit.json").read_text())["code"], 75)
        self.assertTrue(wait_until(lambda: len(read_metrics(self.run_folder, "run")) == 2))
        saves = len(read_metrics(self.run_folder, "checkpoint"))
        self.assertTrue(wait_until(lambda: len(read_metrics(self.run_folder, "checkpoint")) > saves + 1))
        terminate_one_rank(newer, str(self.run_folder))
        self.assertEqual(newer.wait(30), 75)
        self.assertFalse(processes_with(str(self.run_folder)))
        report = json.loads((self.run_folder / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (75, "signal"), "the report is that of the newer start")


if __name__ == "__main__":
    unittest.main()
