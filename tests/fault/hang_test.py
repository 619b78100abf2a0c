"""A rank that hangs or dies is named in time and ends its job with a code that says: start again."""
import os
import signal
import time
import unittest

from hang_suite import GRACE, TIMEOUT, HangProgramTest
from heartbeats import stop_rank_in
from hpctrain_test import processes_with, wait_until


class HangTest(HangProgramTest):
    def stop_and_check(self, rank: int, phase: str, *flags):
        run, process, beats = self.start(f"stopped-{rank}-{phase}", *flags)
        stop_rank_in(beats, rank, phase)
        started = time.monotonic()
        self.assert_named(run, process, rank, phase, "hang", started, TIMEOUT + GRACE)

    def test_rank_zero_stopped_in_compute_is_named(self):
        self.stop_and_check(0, "backward")

    def test_another_rank_stopped_in_an_all_reduce_is_named(self):
        self.stop_and_check(1, "communication")

    def test_rank_zero_stopped_in_a_checkpoint_is_named(self):
        self.stop_and_check(0, "checkpoint", "--checkpoint.every-steps", "3", "--checkpoint.async", "no")

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
