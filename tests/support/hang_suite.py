"""What the tests of hanging ranks share: starting a run whose phases can be watched, checking who was blamed."""
import json
import os
import re
import signal
import subprocess
import time

from heartbeats import find_heartbeats, stop_rank_in
from hpctrain_test import ProgramTest, launch_command, make_dataset, processes_with, wait_until

TIMEOUT = 3
GRACE = 2


class HangProgramTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=1003)
        self.flags = ("--data", self.data, "--epochs", "100000", "--batch", "64", "--eval.every-epochs", "0",
                      "--comm.hang-timeout-seconds", str(TIMEOUT), "--run.quiet")

    def start(self, name: str, *flags, ranks: int = 2):
        run = self.folder / name
        process = subprocess.Popen(launch_command([*self.flags, *flags, "--out", run], ranks), stderr=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
        self.addCleanup(process.stderr.close)
        self.addCleanup(self.end, process, run)
        return run, process, find_heartbeats(lambda: processes_with(str(run)))

    def end(self, process, run):
        for pid in processes_with(str(run)):
            os.kill(pid, signal.SIGKILL)
        process.wait(10)

    def assert_named(self, run, process, rank: int, phase: str, cause: str, started: float, within: float):
        """One line naming it in time, exit.json, the end of every process. Returns what followed the line."""
        line = ""
        for line in process.stderr:
            if re.search(rf"rank {rank} on \S+ (hangs|died) in ", line):
                break
        self.assertLess(time.monotonic() - started, within, line)
        self.assertIn(f"in {phase}", line)
        rest = process.stderr.read()
        self.assertNotEqual(process.wait(15), 0)
        self.assertTrue(wait_until(lambda: not processes_with(str(run)), 5), "a rank outlived its job")
        report = json.loads((run / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"], report["rank"], report["phase"]), (75, cause, rank, phase))
        self.assertTrue(report["host"])
        self.assertGreater(report["step"], 0)
        return rest

    def assert_stopped_rank_is_named(self, rank: int, phase: str, *flags):
        run, process, beats = self.start(f"stopped-{rank}-{phase}", *flags)
        stop_rank_in(beats, rank, phase)
        started = time.monotonic()
        self.assert_named(run, process, rank, phase, "hang", started, TIMEOUT + GRACE)

    def slow_a_rank_for(self, seconds: float) -> int:
        """Runs a fifth of the time, as on a machine that something else fills. Returns the steps it made."""
        run, process, beats = self.start("slow")
        victim = beats.ranks()[1]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and process.poll() is None:
            os.kill(victim["process"], signal.SIGSTOP)
            time.sleep(0.4)
            os.kill(victim["process"], signal.SIGCONT)
            time.sleep(0.1)
        self.assertIsNone(process.poll(), "the slow rank was taken for a hanging one")
        return beats.ranks()[1]["step"] - victim["step"]
