"""A rank that hangs or dies is named in time and ends its job with a code that says: start again."""
import os
import signal
import subprocess
import time
import unittest

from hang_suite import GRACE, TIMEOUT, HangProgramTest
from hpctrain_test import processes_with, wait_until


class HangTest(HangProgramTest):
    def test_rank_zero_stopped_in_compute_is_named(self):
        self.assert_stopped_rank_is_named(0, "backward")

    def test_another_rank_stopped_in_an_all_reduce_is_named(self):
        self.assert_stopped_rank_is_named(1, "communication")

    def test_rank_zero_stopped_in_a_checkpoint_is_named(self):
        self.assert_stopped_rank_is_named(0, "checkpoint", "--checkpoint.every-steps", "3", "--checkpoint.async", "no")

    def test_another_rank_stopped_in_a_data_wait_is_named(self):
        # Read by calls and one sample at a time: it waits long enough to be caught at it.
        self.assert_stopped_rank_is_named(1, "data_wait", "--data.engine", "pread", "--data.threads", "1")

    def test_a_rank_whose_read_is_blocked_is_named_with_its_stack(self):
        run, process, beats = self.start("blocked", "--data.engine", "pread")
        victim = beats.ranks()[1]["process"]
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-p", str(victim), "-e", "trace=preadv",
                                   "-e", "inject=preadv:delay_enter=60s", "-o", self.folder / "reads"])
        self.addCleanup(tracer.wait, 30)
        self.addCleanup(tracer.kill)
        started = self.last_step_of(beats, 1)
        self.assertEqual(beats.ranks()[1]["phase"], "data_wait", "no read was blocked")
        text = self.assert_named(run, process, 1, "data_wait", "hang", started, TIMEOUT + GRACE)
        self.assertIn("stack of the hanging rank", text)

    def last_step_of(self, beats, rank: int) -> float:
        """Waits until the rank makes no step for half a second. Returns the moment of its last one."""
        step, moment = -1, time.monotonic()
        deadline = moment + 30
        while time.monotonic() < moment + 0.5:
            self.assertLess(time.monotonic(), deadline, "no read was blocked")
            if beats.ranks()[rank]["step"] != step:
                step, moment = beats.ranks()[rank]["step"], time.monotonic()
            time.sleep(0.005)
        return moment

    def test_a_killed_rank_is_named_at_once(self):
        run, process, beats = self.start("killed")
        os.kill(beats.ranks()[1]["process"], signal.SIGKILL)
        started = time.monotonic()
        process.wait(10)
        self.assertLess(time.monotonic() - started, 5)
        self.assertRegex(process.stderr.read(), r"rank 1 on \S+ (died in|exited on signal 9)|rank 1 with PID")
        self.assertTrue(wait_until(lambda: not processes_with(str(run)), 5), "a rank outlived its job")

    def test_a_rank_slowed_five_times_is_no_alarm(self):
        self.assertGreater(self.slow_a_rank_for(20), 0)


if __name__ == "__main__":
    unittest.main()
