"""A rank that is killed while gradients are being added takes the whole job with it, soon; one that never comes too."""
import os
import signal
import subprocess
import time
import unittest

from hpctrain_test import HPCTRAIN, ProgramTest, make_dataset, processes_with, read_metrics, start_hpctrain, wait_until

RANKS = 3


class RankDeathTest(ProgramTest):
    def test_a_killed_rank_ends_the_job_within_five_seconds(self):
        data = make_dataset(self.folder, train=2003)
        run = self.folder / "run"
        # Steps of a millisecond: whenever the kill comes, ranks are adding gradients or about to.
        process = start_hpctrain("--data", data, "--epochs", "100000", "--batch", "32", "--eval.every-epochs", "0",
                                 "--checkpoint.every-minutes", "0", "--out", run, "--run.quiet", ranks=RANKS)
        self.assertTrue(wait_until(lambda: len(read_metrics(run, "step")) > 50))
        ranks = [pid for pid in processes_with(str(run)) if pid != process.pid]
        self.assertEqual(len(ranks), RANKS)
        os.kill(ranks[1], signal.SIGKILL)
        killed = time.monotonic()
        self.assertNotEqual(process.wait(20), 0)
        self.assertTrue(wait_until(lambda: not processes_with(str(run)), 10))
        self.assertLess(time.monotonic() - killed, 5)

    def test_a_rank_that_never_comes_ends_the_job_at_its_start(self):
        program = [HPCTRAIN, "--data", make_dataset(self.folder), "--out", self.folder / "run", "--comm.start-timeout-seconds", "2"]
        idler = ["sleep", "1000"]
        for missing in range(2):
            with self.subTest(missing=missing):
                first, second = (idler, program) if missing == 0 else (program, idler)
                result = subprocess.run(["mpirun", "--oversubscribe", "-np", "1", *first, ":", "-np", "1", *second],
                                        capture_output=True, text=True, timeout=60)
                self.assertEqual(result.returncode, 75, result.stderr)
                self.assertRegex(result.stderr, rf"rank {1 - missing} on \S+: the ranks have not found each other after 2 s")
                self.assertFalse((self.folder / "run").exists())


if __name__ == "__main__":
    unittest.main()
