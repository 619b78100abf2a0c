"""What training keeps besides weights comes back on a resume: averages, loss scale, counters of early stopping."""
import json
import pathlib
import unittest

from hpctrain_test import ProgramTest, end_of, make_dataset, read_metrics, run_hpctrain

RANKS = 2


def manifest_of(run: pathlib.Path) -> dict:
    newest = sorted((run / "ckpt").glob("step-*"))[-1]
    return json.loads((newest / "MANIFEST.json").read_text())


class RecipesResumeTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=603, validation=120)
        self.flags = ("--data", self.data, "--batch", "32", "--optim.schedule", "constant", "--run.quiet")

    def train(self, run, *flags):
        result = run_hpctrain(*self.flags, *flags, "--out", run, ranks=RANKS)
        self.assertEqual(result.returncode, 0, result.stderr)
        return run

    def unbroken_and_resumed(self, *flags, cut_at_step):
        unbroken = self.train(self.folder / "unbroken", *flags)
        cut = self.train(self.folder / "cut", *flags, "--train.steps", cut_at_step)
        self.assertEqual(end_of(cut)["step"], cut_at_step)
        resumed = self.train(cut, *flags, "--train.steps", "none")
        self.assertEqual(read_metrics(resumed, "run")[-1]["resumed_from"], cut_at_step)
        return unbroken, resumed

    def assert_equal_runs(self, unbroken, resumed):
        self.assertEqual(end_of(resumed)["step"], end_of(unbroken)["step"])
        self.assertEqual(end_of(resumed)["state_digest"], end_of(unbroken)["state_digest"])
        losses = [{line["step"]: line["loss"] for line in read_metrics(run, "step")} for run in (unbroken, resumed)]
        self.assertEqual(losses[1], losses[0])
        self.assertEqual(manifest_of(resumed)["steering"]["update"], manifest_of(unbroken)["steering"]["update"])

    def test_bf16_with_averaged_weights_adam_and_clipping(self):
        unbroken, resumed = self.unbroken_and_resumed(
            "--epochs", "3", "--precision", "bf16", "--train.ema-decay", "0.95", "--optim.name", "adam", "--lr", "0.002",
            "--optim.clip-norm", "0.5", "--train.nan-skips", "3", cut_at_step=20)
        self.assert_equal_runs(unbroken, resumed)
        tensors = {entry["name"] for entry in manifest_of(resumed)["tensors"]}
        self.assertTrue(any(name.startswith("average/") for name in tensors), tensors)

    def test_fp16_with_its_loss_scale_and_lars(self):
        unbroken, resumed = self.unbroken_and_resumed(
            "--epochs", "2", "--precision", "fp16", "--optim.name", "lars", "--lr", "1", cut_at_step=17)
        self.assert_equal_runs(unbroken, resumed)
        update = manifest_of(resumed)["steering"]["update"]
        self.assertEqual(set(update), {"growth_tracker", "loss_scale", "skipped_updates"})
        self.assertGreater(update["growth_tracker"], 17, "the counter started anew")

    def test_early_stopping_counts_on(self):
        flags = ("--epochs", "40", "--lr", "0.02", "--eval.patience", "3", "--eval.min-delta", "0.05")
        unbroken = self.train(self.folder / "unbroken", *flags)
        end = end_of(unbroken)
        self.assertEqual(end["reason"], "early_stop")
        per_epoch = 16
        cut_at = end["step"] - per_epoch - 3  # between the last evaluation but two and the last but one
        cut = self.train(self.folder / "cut", *flags, "--train.steps", cut_at)
        self.assertEqual(end_of(cut)["reason"], "finished")
        resumed = self.train(cut, *flags, "--train.steps", "none")
        self.assertEqual(end_of(resumed)["reason"], "early_stop")
        self.assert_equal_runs(unbroken, resumed)


if __name__ == "__main__":
    unittest.main()
