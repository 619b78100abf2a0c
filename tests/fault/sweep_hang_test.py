"""A rank that hangs in a trial of a sweep is named, beside groups that go on."""
import csv
import os
import subprocess
import time
import unittest

from hang_suite import GRACE, TIMEOUT, HangProgramTest
from heartbeats import find_heartbeats, stop_rank_in
from hpctrain_test import launch_command, processes_with, run_hpctrain


class SweepHangTest(HangProgramTest):
    def test_a_stopped_rank_of_the_second_group_is_named_while_the_first_goes_on(self):
        out = self.folder / "sweep"
        command = launch_command(["sweep", *self.flags, "--sweep.ranks-per-trial", "2", "--optim.lr", "0.01,0.02", "--out",
                                  out], 4)
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                                   env=os.environ | {"OMP_NUM_THREADS": "1"})
        self.addCleanup(process.stderr.close)
        self.addCleanup(self.end, process, out)
        beats = find_heartbeats(lambda: processes_with(str(out)))
        self.assertEqual([rank["team"] for rank in beats.ranks()], [0, 0, 2, 2])
        stop_rank_in(beats, 3, "backward")
        started = time.monotonic()
        step = beats.ranks()[0]["step"]
        time.sleep(1)
        self.assertGreater(beats.ranks()[0]["step"], step, "the first group waits for the second")
        self.assert_named(out, process, 3, "backward", "hang", started, TIMEOUT + GRACE)

    def test_a_group_that_has_no_trial_left_is_no_hang(self):
        out = self.folder / "sweep"
        result = run_hpctrain("sweep", "--data", self.data, "--batch", "64", "--train.epochs", "1,80", "--eval.every-epochs",
                              "0", "--comm.hang-timeout-seconds", "1", "--out", out, ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(out / "results.csv", newline="") as file:
            seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
        self.assertGreater(max(seconds) - min(seconds), 1.5, "no group waited for longer than the limit")


if __name__ == "__main__":
    unittest.main()
