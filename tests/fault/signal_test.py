"""SIGTERM at every awkward moment, and ranks that crash: an orderly end, and the same command goes on to the same state."""
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from heartbeats import find_heartbeats
from hpctrain_test import (ProgramTest, end_of, make_dataset, processes_with, read_metrics, run_hpctrain,
                           start_hpctrain, terminate_one_rank, train_reference,
                           wait_until)

RANKS = 2
STEPS = 100


class SignalTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """A data set, and the run that nobody disturbed."""
        super().setUpClass()
        shared = cls.make_class_folder()
        cls.flags = ("--data", make_dataset(shared), "--epochs", "1000", "--train.steps", STEPS, "--batch", "32",
                     "--train.micro-batch", "1", "--checkpoint.every-steps", "3", "--checkpoint.async", "no",
                     "--eval.every-epochs", "0", "--eval.max-samples", "16", "--optim.schedule", "constant", "--run.quiet")
        cls.reference = train_reference(*cls.flags, out=shared / "unbroken", ranks=RANKS)

    def setUp(self):
        super().setUp()
        self.out = self.folder / "run"

    def start(self) -> subprocess.Popen:
        process = start_hpctrain(*self.flags, "--out", self.out, ranks=RANKS)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def ranks(self, process) -> list[int]:
        return [pid for pid in processes_with(str(self.out)) if pid != process.pid]

    def assert_goes_on_to_the_unbroken_state(self):
        """Its losses too: nothing of a broken start is left in the history."""
        result = run_hpctrain(*self.flags, "--out", self.out, ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(end_of(self.out)["state_digest"], end_of(self.reference)["state_digest"])
        losses = [{line["step"]: line["loss"] for line in read_metrics(run, "step")} for run in (self.out, self.reference)]
        self.assertEqual(losses[0], losses[1])

    def assert_stopped_by_signal(self, process):
        self.assertEqual(process.wait(30), 75)
        report = json.loads((self.out / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (75, "signal"))
        self.assertLess(report["step"], STEPS)
        self.assertEqual(processes_with(str(self.out)), [])

    def test_twice_to_one_rank_is_one_stop(self):
        process = self.start()
        self.assertTrue(wait_until(lambda: len(read_metrics(self.out, "step")) > 5))
        victim = self.ranks(process)[0]
        os.kill(victim, signal.SIGTERM)
        os.kill(victim, signal.SIGTERM)
        self.assert_stopped_by_signal(process)
        self.assert_goes_on_to_the_unbroken_state()

    def test_during_a_checkpoint_lets_it_be_committed(self):
        process = self.start()
        beats = find_heartbeats(lambda: processes_with(str(self.out)))
        seen = {}
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and seen.get("phase") != "checkpoint":
            seen = beats.ranks()[0]
        self.assertEqual(seen["phase"], "checkpoint", "no checkpoint was caught")
        os.kill(seen["process"], signal.SIGTERM)
        self.assert_stopped_by_signal(process)
        self.assertGreaterEqual(read_metrics(self.out, "checkpoint")[-1]["step"], seen["step"] // 3 * 3)
        self.assert_goes_on_to_the_unbroken_state()

    def test_at_the_start_leaves_a_run_that_the_same_command_begins(self):
        """At five moments between the first instruction and the first steps."""
        for moment in range(5):
            process = self.start()
            self.assertTrue(wait_until(lambda: len(self.ranks(process)) == RANKS, 10))
            time.sleep(moment * 0.12)
            for pid in self.ranks(process)[-1:]:
                os.kill(pid, signal.SIGTERM)
            self.assertNotEqual(process.wait(30), 0)
            self.assertTrue(wait_until(lambda: not processes_with(str(self.out)), 10), "a rank outlived its job")
        self.assert_goes_on_to_the_unbroken_state()

    def test_after_the_end_changes_nothing(self):
        shutil.copytree(self.reference, self.out)
        process = self.start()
        self.assertTrue(wait_until(lambda: len(self.ranks(process)) == RANKS, 10))
        terminate_one_rank(process, str(self.out))
        process.wait(30)
        self.assert_goes_on_to_the_unbroken_state()

    def test_a_rank_that_crashes_ends_the_job_within_five_seconds(self):
        for crash in (signal.SIGSEGV, signal.SIGABRT):
            process = self.start()
            beats = find_heartbeats(lambda: processes_with(str(self.out)))
            os.kill(beats.ranks()[1]["process"], crash)
            crashed = time.monotonic()
            self.assertNotEqual(process.wait(20), 0)
            self.assertTrue(wait_until(lambda: not processes_with(str(self.out)), 10))
            self.assertLess(time.monotonic() - crashed, 5, crash)
        self.assert_goes_on_to_the_unbroken_state()


if __name__ == "__main__":
    unittest.main()
