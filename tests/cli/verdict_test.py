"""A run in which one thing is made slow says which, on which rank, and what to change."""
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

from hpctrain_test import BIN, ProgramTest, launch_command, make_dataset, ranks_of, read_metrics, wait_until

SLOW_DISK = BIN / "slow_disk.so"
BURN = "while True: pass"


def rank_of(pid: int) -> int:
    variables = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return int(next(v for v in variables if v.startswith(b"OMPI_COMM_WORLD_RANK=")).split(b"=")[1])


def pin(pid: int, cpus: set[int]) -> None:
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), cpus)


class VerdictTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = make_dataset(cls.make_class_folder(), train=2000, test=100, side=28)

    def start(self, *arguments, environment=None) -> subprocess.Popen:
        self.run_folder = self.folder / "run"
        command = launch_command(["--data", self.data, "--out", self.run_folder, "--data.engine", "pread", "--epochs", "1000",
                                  "--eval.every-epochs", "0", "--eval.max-samples", "10", *arguments], ranks=2)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True, env=os.environ | (environment or {}))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def verdict_of(self, process: subprocess.Popen) -> dict:
        """The closing verdict, which the summary must show as well."""
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, err)
        verdict = [line for line in read_metrics(self.run_folder, "verdict") if line.get("scope") == "run"][-1]
        self.assertIn(verdict["text"], out)
        return verdict

    def pids(self) -> dict[int, int]:
        """Processes by rank, once they train."""
        self.assertTrue(wait_until(lambda: len(read_metrics(self.run_folder, "step")) > 5), "no step was made")
        return {rank_of(pid): pid for pid in ranks_of(self.run_folder)}

    def test_a_slow_reader_on_one_rank(self):
        process = self.start("--batch", "64", "--train.steps", "60", environment={
            "LD_PRELOAD": str(SLOW_DISK), "SLOW_DISK_PATH": "/shards/", "SLOW_DISK_SECONDS": "0.001",
            "SLOW_DISK_RANK": "1"})
        verdict = self.verdict_of(process)
        self.assertEqual((verdict["cause"], verdict.get("rank")), ("data", 1), verdict)
        self.assertIn("--data.threads", verdict["cure"])
        self.assertEqual(verdict["host"], os.uname().nodename.split(".")[0])

    def test_a_slow_checkpoint_disk(self):
        process = self.start("--batch", "64", "--train.steps", "100", "--checkpoint.every-steps", "10", "--checkpoint.async",
                             "no", environment={"LD_PRELOAD": str(SLOW_DISK), "SLOW_DISK_PATH": "/ckpt/",
                                                "SLOW_DISK_SECONDS": "0.03"})
        verdict = self.verdict_of(process)
        self.assertEqual(verdict["cause"], "checkpoint", verdict)
        self.assertIn("--checkpoint.async", verdict["cure"])

    def test_a_rank_that_is_stopped_most_of_the_time(self):
        process = self.start("--batch", "256", "--train.steps", "40")
        victim = self.pids()[1]
        while process.poll() is None:
            try:
                os.kill(victim, signal.SIGSTOP)
                time.sleep(0.08)
                os.kill(victim, signal.SIGCONT)
                time.sleep(0.01)
            except ProcessLookupError:
                break
        verdict = self.verdict_of(process)
        self.assertEqual((verdict["cause"], verdict.get("rank")), ("straggler", 1), verdict)
        self.assertIn("what else runs on that machine", verdict["cure"])

    def test_a_rank_with_fewer_cpus(self):
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.fail("this test needs two CPUs")
        process = self.start("--batch", "256", "--train.steps", "40")
        pids = self.pids()
        # The first CPU is shared with others; rank 0 has all but that one.
        pin(pids[1], {cpus[0]})
        pin(pids[0], set(cpus[1:]))
        # Each in a session of its own: kernels share CPUs among sessions first. So many that whatever else this machine
        # does is little beside them.
        burners = [subprocess.Popen([sys.executable, "-c", BURN], start_new_session=True,
                                    preexec_fn=lambda: os.sched_setaffinity(0, {cpus[0]})) for _ in range(12)]
        try:
            verdict = self.verdict_of(process)
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()
        self.assertEqual((verdict["cause"], verdict.get("rank")), ("straggler", 1), verdict)
        self.assertIn("it had no CPU in", verdict["finding"])
        self.assertIn("--cpus-per-task", verdict["cure"])

    def test_tiny_batches(self):
        process = self.start("--batch", "2", "--train.steps", "3000")
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, err)
        verdicts = read_metrics(self.run_folder, "verdict")
        self.assertEqual(verdicts[-1]["scope"], "run")
        self.assertEqual(verdicts[-1]["cause"], "small_batches", verdicts[-1])
        self.assertIn("--train.batch", verdicts[-1]["cure"])
        self.assertIn(verdicts[-1]["text"], out)
        # Epochs have verdicts too; a person hears one when it is another than before.
        causes = [line["cause"] for line in verdicts if line["scope"] == "epoch"]
        self.assertGreaterEqual(len(causes), 1)
        changes = sum(before != after for before, after in zip([None, *causes], causes))
        said = [line for line in err.splitlines() if "epoch" in line and ("small batches:" in line or "bound:" in line)]
        self.assertLessEqual(len(said), changes, err)
        self.assertGreaterEqual(len(said), 1, err)


if __name__ == "__main__":
    unittest.main()
