"""A full disk under the checkpoints: training goes on, the checkpoint before stays, three failures in a row end the job."""
import json
import os
import pathlib
import subprocess
import unittest

from hpctrain_test import ProgramTest, launch_command, make_dataset, read_metrics, run_hpctrain, terminate_one_rank, wait_until

RANKS = 2


class CheckpointDiskTest(ProgramTest):
    """`ckpt` of a run that has one checkpoint lies on a small disk of its own, which only the run's processes see."""

    def setUp(self):
        super().setUp()
        data = make_dataset(self.folder)
        self.run_folder = self.folder / "run"
        self.flags = ("--data", data, "--epochs", "100000", "--batch", "32", "--train.micro-batch", "1", "--eval.every-epochs", "0",
                      "--eval.max-samples", "16", "--checkpoint.keep", "1", "--optim.schedule", "constant", "--run.quiet",
                      "--out", self.run_folder)
        result = run_hpctrain(*self.flags, "--train.steps", "5", ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.disk = self.mount_small_disk()

    def mount_small_disk(self) -> subprocess.Popen:
        """Room for the checkpoint that is there and half of another. Lasts as long as the process returned."""
        kept, saved = self.run_folder / "ckpt", self.folder / "saved"
        checkpoint_bytes = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file())
        filler = checkpoint_bytes * 3
        command = (f"cp -a {kept} {saved} && mount -t tmpfs -o size={checkpoint_bytes * 9 // 2} none {kept} && "
                   f"cp -a {saved}/. {kept}/ && head -c {filler} /dev/zero > {kept}/filler && echo ready && exec sleep 600")
        holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", command],
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        self.assertEqual(holder.stdout.readline(), "ready\n")
        return holder

    def seen_inside(self) -> pathlib.Path:
        return pathlib.Path(f"/proc/{self.disk.pid}/root{self.run_folder}/ckpt")

    def start(self, *flags) -> subprocess.Popen:
        process = subprocess.Popen(["nsenter", f"--mount=/proc/{self.disk.pid}/ns/mnt",
                                    *launch_command([*self.flags, *flags], RANKS)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        return process

    def failures(self) -> list[dict]:
        return [line for line in read_metrics(self.run_folder, "verdict") if "training goes on" in json.dumps(line)]

    def temporaries(self) -> list[str]:
        return [path.name for path in self.seen_inside().iterdir() if path.name.startswith(".")]

    def test_training_goes_on_and_saves_again_once_there_is_room(self):
        process = self.start("--train.steps", 1_000_000, "--checkpoint.every-steps", "100")
        self.assertTrue(wait_until(lambda: self.failures() or process.poll() is not None))
        (self.seen_inside() / "filler").unlink()
        failed = self.failures()
        self.assertGreater(len(failed), 0, process.stderr.read() if process.poll() is not None else "no save failed")
        self.assertIn("No space left", json.dumps(failed[0]))
        newest = failed[0]["step"]
        self.assertTrue(wait_until(lambda: read_metrics(self.run_folder, "checkpoint")[-1]["step"] > newest))
        self.assertTrue(wait_until(lambda: not self.temporaries()), self.temporaries())
        terminate_one_rank(process, str(self.run_folder))
        self.assertEqual(process.wait(30), 75)
        losses = {line["step"] for line in read_metrics(self.run_folder, "step")}
        self.assertEqual(losses, set(range(1, max(losses) + 1)), "a step was lost over the failed save")

    def test_three_failures_in_a_row_end_the_job_and_leave_the_checkpoint_before(self):
        process = self.start("--train.steps", 1_000_000, "--checkpoint.every-steps", "20")
        self.assertEqual(process.wait(60), 74)
        report = json.loads((self.run_folder / "exit.json").read_text())
        self.assertEqual(report["code"], 74)
        self.assertEqual(len(self.failures()), 2, "two are forgiven, the third ends the job")
        self.assertIn("No space left", process.stderr.read())
        self.assertEqual(self.temporaries(), [])
        (self.seen_inside() / "filler").unlink()
        again = self.start("--train.steps", "10")
        self.assertEqual(again.wait(60), 0, again.stderr.read())
        self.assertEqual(read_metrics(self.run_folder, "run")[-1]["resumed_from"], 5)


if __name__ == "__main__":
    unittest.main()
