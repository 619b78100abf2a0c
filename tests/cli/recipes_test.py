"""Recipes from outside: number formats, averaged weights, early stopping, skipped updates, and what is refused."""
import json
import time
import unittest

import numpy as np
from hpctrain_test import ProgramTest, end_of, make_dataset, processes_with, read_metrics, run_hpctrain
from safetensors.numpy import load_file

SECONDS_UNTIL_GONE = 10


class RecipesTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=603, validation=120)
        self.out = self.folder / "run"

    def train(self, *flags, ranks=1, out=None):
        result = run_hpctrain("--data", self.data, "--out", out or self.out, "--batch", "32", *flags, ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def assert_start_refused(self, code, *words, flags):
        started = time.monotonic()
        result = run_hpctrain("--data", self.data, "--out", self.out, *flags, ranks=3, timeout=60)
        self.assert_refused(result, code, *words)
        self.assertLess(time.monotonic() - started, SECONDS_UNTIL_GONE)
        self.assertEqual(processes_with(str(self.out)), [])

    def test_every_number_format_of_a_cpu_learns(self):
        for precision in ("fp32", "bf16", "fp16"):
            out = self.folder / precision
            result = self.train("--epochs", "2", "--precision", precision, ranks=2, out=out)
            self.assertIn(f"{precision}, channels", result.stderr)
            self.assertGreater(read_metrics(out, "eval")[-1]["metrics"]["top1"], 0.9, precision)
            self.assertLess(read_metrics(out, "step")[-1]["loss"], 0.5, precision)

    def test_both_memory_layouts_give_the_same_losses(self):
        losses = []
        for layout in ("on", "off"):
            out = self.folder / layout
            self.train("--epochs", "1", "--train.channels-last", layout, "--lr", "0.01", out=out)
            losses.append([line["loss"] for line in read_metrics(out, "step")])
        np.testing.assert_allclose(losses[0], losses[1], atol=1e-4)

    def test_export_and_eval_use_the_averaged_weights(self):
        self.train("--epochs", "1", "--train.ema-decay", "0.9", ranks=2)
        weights = self.folder / "weights.safetensors"
        self.assertEqual(run_hpctrain("export", self.out, "-o", weights).returncode, 0)
        exported = load_file(weights)
        newest = sorted((self.out / "ckpt").glob("step-*"))[-1]
        averages = {name.removeprefix("average/"): value
                    for name, value in load_file(newest / "optimizer.safetensors").items() if name.startswith("average/")}
        own = load_file(newest / "model.safetensors")
        self.assertTrue(averages)
        for name, value in averages.items():
            np.testing.assert_array_equal(exported[name], value)
        self.assertTrue(any((own[name] != value).any() for name, value in averages.items()))
        trained = {line["split"]: line["metrics"] for line in read_metrics(self.out, "eval")}
        scored = json.loads(run_hpctrain("eval", self.out, "--json").stdout)["splits"]
        self.assertAlmostEqual(scored["test"]["metrics"]["loss"], trained["test"]["loss"], places=5)

    def test_early_stopping_ends_the_run_and_the_same_command_says_that_it_is_complete(self):
        flags = ("--epochs", "40", "--eval.patience", "2", "--eval.min-delta", "0.5")
        self.train(*flags, ranks=2)
        # The first evaluation always gains; after it two bring no half of all images more.
        self.assertEqual(end_of(self.out)["reason"], "early_stop")
        report = json.loads((self.out / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (0, "early_stop"))
        self.assertLess(report["step"], 40 * 16)
        self.assertEqual({line["split"] for line in read_metrics(self.out, "eval")}, {"validation", "test"})
        again = self.train(*flags, ranks=2)
        self.assertIn("already complete", again.stdout)
        self.assertIn("eval.patience", again.stdout)

    def test_steps_tell_gradient_norm_loss_scale_and_skipped_updates(self):
        self.train("--train.steps", "3", "--precision", "fp16", "--optim.clip-norm", "1")
        for line in read_metrics(self.out, "step"):
            self.assertGreater(line["gradient_norm"], 0)
            self.assertEqual(line["loss_scale"] * 2**line["skipped_updates"], 65536)

    def test_bad_updates_are_skipped_until_there_are_too_many(self):
        flags = ("--lr", "1e30", "--optim.warmup-epochs", "0", "--optim.momentum", "0", "--train.nan-skips", "3")
        result = run_hpctrain("--data", self.data, "--out", self.out, "--batch", "32", *flags, ranks=2)
        self.assertEqual(result.returncode, 64, result.stderr)
        self.assertIn("diverged", result.stderr)
        # The first update throws the weights away; of the bad ones after it three are let pass.
        self.assertLessEqual(len(read_metrics(self.out, "step")), 7)

    def test_the_learning_rate_that_the_batch_makes_is_shown(self):
        result = self.train("--train.steps", "1", "--lr", "0.1", "--optim.scale-lr", "linear", "--optim.base-batch", "64")
        self.assertIn("0.05 at its peak = 0.1 × 32 / 64", result.stderr)

    def test_tf32_on_cpus_is_refused(self):
        self.assert_start_refused(71, "train.precision tf32", "--precision fp32", flags=("--precision", "tf32"))

    def test_patience_without_a_validation_split_is_refused(self):
        self.data = make_dataset(self.folder / "other")
        self.assert_start_refused(64, "eval.patience", "--validation", flags=("--eval.patience", "2"))

    def test_milestones_that_do_not_rise_are_refused(self):
        self.assert_start_refused(64, "optim.milestones", "in order",
                                  flags=("--optim.schedule", "step", "--optim.milestones", "9 4"))

    def test_kernels_chosen_by_timing_are_refused_where_bits_must_repeat(self):
        self.assert_start_refused(64, "train.deterministic", "train.cudnn-benchmark",
                                  flags=("--train.deterministic", "--train.cudnn-benchmark"))


if __name__ == "__main__":
    unittest.main()
