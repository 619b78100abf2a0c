"""Ranks that were started with different options, or whose parameters drift apart, are named; all end with one line."""
import os
import signal
import subprocess
import time
import unittest

from heartbeats import find_heartbeats, stop_rank_in
from hpctrain_test import (HPCTRAIN, ProgramTest, launch_command, make_dataset, processes_with, run_hpctrain, wait_until)
from process_memory import flip_bit_of
from safetensors import safe_open

SECONDS_UNTIL_GONE = 10


def run_mixed(*commands: list) -> tuple[subprocess.CompletedProcess, float]:
    """One rank of each command, all in one world. Returns what came of it, and seconds from the first word to the end."""
    launch = ["mpirun", "--oversubscribe"]
    for command in commands:
        launch += [*(":" for _ in launch[2:3]), "-np", "1", *map(str, command)]
    with subprocess.Popen(launch, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          env=os.environ | {"OMP_NUM_THREADS": "1"}) as process:
        first = process.stderr.readline()
        spoken = time.monotonic()
        text = first + process.stderr.read()
        code = process.wait(60)
    return subprocess.CompletedProcess(launch, code, stderr=text), time.monotonic() - spoken


class DifferentStartTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "run"
        self.common = [HPCTRAIN, "--data", make_dataset(self.folder), "--out", self.out, "--epochs", "1", "--batch", "31"]

    def assert_refused_soon(self, *commands, words, code=76):
        result, seconds = run_mixed(*commands)
        self.assert_refused(result, code, *words)
        self.assertLess(seconds, SECONDS_UNTIL_GONE)
        self.assertEqual(processes_with(str(self.out)), [])
        self.assertFalse(self.out.exists())

    def test_another_option_on_one_rank_is_named_with_both_values(self):
        self.assert_refused_soon([*self.common, "--lr", "0.1"], [*self.common, "--lr", "0.2"], [*self.common, "--lr", "0.1"],
                                 words=("rank 1 on ", "optim.lr = 0.2 here", "0.1 on rank 0", "same"))

    def test_another_environment_on_one_rank_is_named(self):
        other = ["env", "HPCTRAIN_TRAIN_SEED=7", *self.common]
        self.assert_refused_soon(self.common, self.common, other, words=("rank 2 on ", "train.seed = 7 here", "1 on rank 0"))

    def test_a_refused_option_on_one_rank_is_named_by_that_rank(self):
        self.assert_refused_soon(self.common, [*self.common, "--lr", "fast"], code=64, words=("rank 1 on ", "--lr", "fast"))

    def test_folders_of_a_node_may_differ(self):
        places = [["env", f"HPCTRAIN_CACHE_DIR={self.folder / name}", *self.common] for name in ("one", "two")]
        result, _ = run_mixed(*places)
        self.assertEqual(result.returncode, 0, result.stderr)


class DamagedMemoryTest(ProgramTest):
    """A rate so small that parameters keep their bits: whatever changes them is the fault that the test plants."""

    def setUp(self):
        super().setUp()
        self.out = self.folder / "run"
        self.flags = ("--data", make_dataset(self.folder, train=1003), "--out", self.out, "--epochs", "100000", "--batch", "32",
                      "--lr", "1e-30", "--optim.schedule", "constant", "--eval.every-epochs", "0", "--eval.max-samples", "8",
                      "--checkpoint.async", "no", "--run.quiet")
        first = run_hpctrain(*self.flags, "--train.steps", "1")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.sound = self.weights(self.checkpoints()[0])

    def start(self, *flags):
        process = subprocess.Popen(launch_command([*self.flags, "--train.steps", "none", *flags], 3),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env=os.environ | {"OMP_NUM_THREADS": "1"})
        self.addCleanup(process.stderr.close)
        self.addCleanup(self.end, process)
        return process, find_heartbeats(lambda: processes_with(str(self.out)))

    def end(self, process):
        for pid in processes_with(str(self.out)):
            os.kill(pid, signal.SIGKILL)
        process.wait(10)

    def weights(self, checkpoint) -> dict[str, bytes]:
        with safe_open(checkpoint / "model.safetensors", "np") as tensors:
            return {name: tensors.get_tensor(name).tobytes() for name in tensors.keys() if name.endswith("weight")}

    def checkpoints(self):
        return sorted(path.parent for path in (self.out / "ckpt").glob("step-*/MANIFEST.json"))

    def plant(self, beats, rank: int):
        """Flips one bit of `rank`'s parameters, in the middle of a step."""
        stopped = stop_rank_in(beats, rank, "forward")
        self.assertGreater(flip_bit_of(stopped["process"], max(self.sound.values(), key=len)[:256]), 0)
        os.kill(stopped["process"], signal.SIGCONT)

    def assert_ended_by(self, process, rank: int):
        text = process.stderr.read()
        self.assertEqual(process.wait(30), 70, text)
        lines = [line for line in text.splitlines() if "after step" in line]
        self.assertEqual(len(lines), 1, text)
        self.assertIn(f"hpctrain: rank {rank} on ", lines[0])
        self.assertIn("than the 2 ranks that agree", lines[0])
        self.assertTrue(wait_until(lambda: not processes_with(str(self.out)), 5))

    def test_a_flipped_bit_of_rank_zero_is_named_and_never_saved(self):
        process, beats = self.start("--checkpoint.every-steps", "20", "--train.check-every-steps", "0")
        self.assertTrue(wait_until(lambda: len(self.checkpoints()) > 1))
        self.plant(beats, 0)
        self.assert_ended_by(process, 0)
        self.assertGreater(len(self.checkpoints()), 1)
        for checkpoint in self.checkpoints():
            self.assertEqual(self.weights(checkpoint), self.sound, checkpoint.name)

    def test_a_flipped_bit_of_another_rank_is_named_between_checkpoints(self):
        process, beats = self.start("--train.check-every-steps", "10")
        self.plant(beats, 2)
        self.assert_ended_by(process, 2)
        self.assertEqual(len(self.checkpoints()), 1)


if __name__ == "__main__":
    unittest.main()
