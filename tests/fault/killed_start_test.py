"""A start that was killed whole is recorded by the next one, and nothing of it is left behind."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import unittest

from hpctrain_test import (ProgramTest, kill_all, launch_command, make_dataset, processes_with, read_metrics, run_hpctrain,
                           start_hpctrain, wait_until)

RANKS = 3


def holders_of_gradients() -> set[int]:
    """Processes that map memory in which gradients are summed. It has no name, so that nothing else can keep it."""
    holders = set()
    for maps in pathlib.Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):
            if "memfd:hpctrain-gradients" in maps.read_text():
                holders.add(int(maps.parent.name))
    return holders


def files_of(run) -> set[str]:
    """Of a run directory, without what depends on when it ended: names of checkpoints and TensorBoard's files."""
    return {str(path.relative_to(run)) for path in run.rglob("*")
            if not any(part.startswith(("step-", "events.out.tfevents.")) for part in path.parts)}


class KilledStartTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.run = self.folder / "run"
        self.flags = ("--data", make_dataset(self.folder, train=1003), "--epochs", "100000", "--batch", "32",
                      "--eval.every-epochs", "0", "--eval.max-samples", "8", "--checkpoint.every-steps", "5", "--run.quiet")

    def report(self, run=None) -> dict:
        path = (run or self.run) / "exit.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def start_and_kill(self):
        process = start_hpctrain(*self.flags, "--out", self.run, ranks=RANKS)
        self.assertTrue(wait_until(lambda: len(read_metrics(self.run, "checkpoint")) >= 2))
        mark = json.loads((self.run / "RUNNING").read_text())
        self.holders = holders_of_gradients()
        self.assertIn(mark["process"], self.holders)
        self.assertGreaterEqual(len(self.holders), RANKS)
        self.assertIn(mark["process"], processes_with(str(self.run)))
        self.assertGreater(kill_all(str(self.run)), RANKS)
        process.wait(10)
        self.assertTrue(wait_until(lambda: not processes_with(str(self.run)), 10), "a rank outlived the others")
        return mark

    def test_the_next_start_says_that_the_last_one_was_killed(self):
        mark = self.start_and_kill()
        self.assertEqual(self.report(), {})
        promised = max(line["step"] for line in read_metrics(self.run, "checkpoint"))
        process = subprocess.Popen(launch_command([*self.flags, "--out", self.run], RANKS), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
        self.addCleanup(process.stderr.close)
        self.assertTrue(wait_until(lambda: self.report() != {}))
        report = self.report()
        self.assertEqual((report["code"], report["cause"], report["host"]), (75, "killed", mark["host"]))
        self.assertEqual(report["started_unix"], mark["started_unix"])
        self.assertGreaterEqual(report["step"], promised)
        self.assertEqual(report["checkpoint"], f"ckpt/step-{report['step']:010}")
        self.assertTrue(wait_until(lambda: read_metrics(self.run, "run")[-1].get("resumed_from", 0) >= promised))
        process.send_signal(signal.SIGTERM)
        self.assertNotEqual(process.wait(30), 0)
        warnings = [line for line in process.stderr.read().splitlines() if "was killed" in line]
        self.assertEqual(len(warnings), 1)
        self.assertIn(str(mark["process"]), warnings[0])
        self.assertEqual(self.report()["cause"], "signal")
        self.assertGreater(self.report()["started_unix"], mark["started_unix"])

    def test_after_the_next_start_nothing_of_the_killed_one_is_left(self):
        self.start_and_kill()
        self.assertEqual(holders_of_gradients() & self.holders, set())
        (self.run / "ckpt" / ".tmp-of-a-killed-save").mkdir()
        (self.run / "exit.json.0123456789abcdef.tmp").write_text("{")
        unbroken = self.folder / "unbroken"
        for run in (self.run, unbroken):
            result = run_hpctrain(*self.flags, "--out", run, "--train.steps",
                                  str(max([0, *(line["step"] for line in read_metrics(run, "checkpoint"))]) + 20), ranks=RANKS)
            self.assertEqual(result.returncode, 0, result.stderr)
        # The fence counts starts.
        fences = {f"ckpt/FENCE-{number:010}" for number in (1, 2)}
        self.assertEqual(files_of(self.run) - fences, files_of(unbroken) - fences)
        self.assertEqual([name for name in os.listdir("/dev/shm") if name.startswith("hpctrain")], [])

    def test_a_start_killed_before_its_first_file_had_a_name_is_in_nobodys_way(self):
        self.run.mkdir()
        (self.run / "run.ini.0123456789abcdef.tmp").write_text("[train]")
        result = run_hpctrain(*self.flags, "--out", self.run, "--train.steps", "2", ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([path.name for path in self.run.iterdir() if path.name.endswith(".tmp")], [])

    def test_a_start_that_ended_by_itself_is_not_called_killed(self):
        first = run_hpctrain(*self.flags, "--out", self.run, "--train.steps", "3", ranks=RANKS)
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertFalse((self.run / "RUNNING").exists())
        again = run_hpctrain("--out", self.run, "--train.steps", "6", ranks=RANKS)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertNotIn("killed", again.stderr)
        self.assertEqual(self.report()["cause"], "done")


if __name__ == "__main__":
    unittest.main()
