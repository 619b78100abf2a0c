"""A run killed at any instant continues from its newest checkpoint and ends as if nothing had happened."""
import json
import pathlib
import random
import shutil
import time
import unittest

from hpctrain_test import (ProgramTest, audit_of, end_of, kill_all, make_dataset, processes_with, read_jsonl, read_metrics,
                           run_hpctrain, start_hpctrain, terminate_one_rank, train_reference,
                           wait_until)

RANKS = 2


class ResumeTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """A data set, and the run that nobody broke."""
        super().setUpClass()
        shared = cls.make_class_folder()
        cls.flags = ("--data", make_dataset(shared, train=1003), "--epochs", "6", "--batch", "32",
                     "--train.micro-batch", "1", "--checkpoint.every-steps", "10", "--eval.every-epochs", "0",
                     "--run.audit", "--run.quiet")
        cls.reference = train_reference(*cls.flags, out=shared / "unbroken", ranks=RANKS)

    def finished_run(self):
        """One of this test's own."""
        return pathlib.Path(shutil.copytree(self.reference, self.folder / "finished"))

    def test_kill_of_all_ranks_mid_epoch_then_the_same_command_ends_with_the_same_state(self):
        run = self.folder / "killed"
        generator = random.Random(7)
        kills = 0
        for _ in range(4):
            target = len(read_metrics(run, "checkpoint")) + generator.randint(1, 6)
            process = start_hpctrain(*self.flags, "--out", run, ranks=RANKS)
            wait_until(lambda: len(read_metrics(run, "checkpoint")) >= target or read_metrics(run, "end"))
            if read_metrics(run, "end"):
                break
            promised = max(line["step"] for line in read_metrics(run, "checkpoint"))
            self.assertGreaterEqual(kill_all(str(run)), RANKS)
            kills += 1
            process.wait(10)
            self.assertTrue(wait_until(lambda: not processes_with(str(run)), 10))
            # Later ones may have come, and pruned this one, before all were dead.
            newest = max(int(path.parent.name[5:]) for path in (run / "ckpt").glob("step-*/MANIFEST.json"))
            self.assertGreaterEqual(newest, promised)
        self.assertGreaterEqual(kills, 2, "the test killed too little to prove anything")
        result = run_hpctrain(*self.flags, "--out", run, ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(end_of(run)["state_digest"], end_of(self.reference)["state_digest"])
        starts = read_metrics(run, "run")
        self.assertEqual(len(starts), kills + 1)
        self.assertGreater(starts[-1]["resumed_from"], 0)
        losses = {line["step"]: line["loss"] for line in read_metrics(run, "step")}
        expected = {line["step"]: line["loss"] for line in read_metrics(self.reference, "step")}
        self.assertEqual(losses, expected)

    def test_term_stops_at_a_step_with_code_75_and_the_same_command_continues(self):
        run = self.folder / "stopped"
        process = start_hpctrain(*self.flags, "--out", run, ranks=RANKS)
        self.assertTrue(wait_until(lambda: len(read_metrics(run, "step")) > 5))
        terminate_one_rank(process, str(run))  # all must agree
        self.assertEqual(process.wait(30), 75)
        report = json.loads((run / "exit.json").read_text())
        self.assertEqual(report["code"], 75)
        self.assertEqual(report["cause"], "signal")
        result = run_hpctrain(*self.flags, "--out", run, ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(end_of(run)["state_digest"], end_of(self.reference)["state_digest"])
        self.assertEqual(json.loads((run / "exit.json").read_text())["code"], 0)
        self.assertEqual(audit_of(run), audit_of(self.reference))

    def test_a_stop_file_stops_all_ranks_and_the_next_start_takes_it_away(self):
        run = self.folder / "asked"
        flags = ["600" if flag == "6" else flag for flag in self.flags]
        process = start_hpctrain(*flags, "--out", run, ranks=RANKS)
        self.assertTrue(wait_until(lambda: len(read_metrics(run, "step")) > 10))
        (run / "STOP").touch()
        self.assertEqual(process.wait(30), 75)
        report = json.loads((run / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (75, "stop file"))
        self.assertTrue((run / report["checkpoint"] / "MANIFEST.json").exists())
        self.assertEqual(read_metrics(run, "end")[-1]["reason"], "stopped: stop file")
        result = run_hpctrain("--out", run, "--train.steps", str(report["step"] + 1), ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((run / "STOP").exists())
        self.assertEqual(end_of(run)["step"], report["step"] + 1)

    def test_the_end_of_the_job_stops_in_time_without_a_signal_and_is_forgotten_by_the_next_start(self):
        run = self.folder / "limited"
        end = time.time() + 60  # which is the margin: the first boundary must stop
        result = run_hpctrain(*self.flags, "--out", run, ranks=RANKS, environment={"HPCTRAIN_RUN_JOB_END_UNIX": str(end)})
        self.assertEqual(result.returncode, 75, result.stderr)
        self.assertLess(time.time(), end)
        report = json.loads((run / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (75, "wall time"))
        self.assertTrue((run / report["checkpoint"] / "MANIFEST.json").exists())
        self.assertLessEqual(report["step"], 2)
        result = run_hpctrain(*self.flags, "--out", run, ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(end_of(run)["state_digest"], end_of(self.reference)["state_digest"])

    def test_a_finished_run_says_so(self):
        run = self.finished_run()
        lines = len(read_metrics(run, "step"))
        result = run_hpctrain(*self.flags, "--out", run, ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("already complete", result.stdout)
        self.assertEqual(len(read_metrics(run, "step")), lines)

    def test_out_alone_continues_with_more_epochs(self):
        run = self.finished_run()
        result = run_hpctrain("--out", run, "--epochs", "7", ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(end_of(run)["step"], 7 * 32)

    def test_changed_identity_is_refused_naming_the_key(self):
        run = self.finished_run()
        self.assert_refused(run_hpctrain("--out", run, "--batch", "64"), 64, "train.batch", "32")

    def test_another_data_set_is_refused(self):
        run = self.finished_run()
        other = make_dataset(self.folder / "other", train=500, seed=2)
        self.assert_refused(run_hpctrain("--out", run, "--data", other, "--epochs", "9"), 64, "data.dir")

    def test_corrupt_newest_checkpoint_is_named_and_the_previous_used(self):
        run = self.folder / "corrupt"
        result = run_hpctrain(*self.flags, "--out", run, "--train.steps", "100", ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        newest = sorted((run / "ckpt").glob("step-*"))[-1]
        blob = newest / "model.safetensors"
        damaged = bytearray(blob.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        blob.write_bytes(damaged)
        flags = [flag for flag in self.flags if flag != "--run.quiet"]
        result = run_hpctrain(*flags, "--out", run, "--train.steps", "none", ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(newest.name, result.stderr)
        self.assertLess(read_metrics(run, "run")[-1]["resumed_from"], 100)
        self.assertTrue(any((run / "ckpt" / "quarantine").iterdir()))
        self.assertEqual(read_jsonl(run / "metrics.jsonl")[-1]["step"], end_of(self.reference)["step"])

    def test_only_corrupt_checkpoints_end_with_66_and_never_a_silent_start(self):
        run = self.folder / "hopeless"
        result = run_hpctrain(*self.flags, "--out", run, "--train.steps", "20", ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        for manifest in (run / "ckpt").glob("step-*/MANIFEST.json"):
            manifest.write_text(manifest.read_text()[:-20])
        result = run_hpctrain(*self.flags, "--out", run, ranks=RANKS)
        self.assertEqual(result.returncode, 66, result.stderr)


if __name__ == "__main__":
    unittest.main()
