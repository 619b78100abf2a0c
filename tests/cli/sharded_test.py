"""Optimizer state that is cut among the ranks: the same run, less memory, checkpoints for any number of ranks."""
import unittest

from hpctrain_test import (ProgramTest, end_of, kill_all, make_dataset, processes_with, read_metrics, run_hpctrain,
                           start_hpctrain, wait_until)

OPTIMIZERS = {
    "sgd": ("--optim.name", "sgd"),
    "adamw": ("--optim.name", "adamw", "--optim.lr", "0.002", "--optim.clip-norm", "0.5", "--train.ema-decay", "0.9"),
    "lars": ("--optim.name", "lars", "--optim.lr", "2", "--train.nan-skips", "2"),
}


class ShardedTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.data = make_dataset(cls.make_class_folder(), train=503, validation=60)

    def train(self, run: str, ranks: int, *flags, **how):
        result = run_hpctrain("--data", self.data, "--batch", "32", *flags, "--out", self.folder / run, ranks=ranks, **how)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.folder / run, result.stderr

    def test_ends_with_the_state_and_the_scores_of_the_run_without(self):
        for name, flags in OPTIMIZERS.items():
            with self.subTest(name):
                flags = (*flags, "--train.steps", "40", "--epochs", "100")
                plain, plain_log = self.train(f"{name}-plain", 2, *flags)
                sharded, log = self.train(f"{name}-sharded", 2, *flags, "--optim.shard", "yes")
                self.assertEqual(end_of(sharded)["state_digest"], end_of(plain)["state_digest"])
                for event, key in (("step", "loss"), ("eval", "metrics")):
                    series = [line[key] for line in read_metrics(sharded, event)]
                    self.assertGreater(len(series), 1)
                    self.assertEqual(series, [line[key] for line in read_metrics(plain, event)])
                self.assertIn("(optim.shard)", log)
                self.assertNotIn("(optim.shard)", plain_log)

    def test_the_run_line_says_what_a_rank_keeps(self):
        bytes_of = {}
        for ranks in (1, 2, 3):
            run, _ = self.train(f"on-{ranks}", ranks, "--train.steps", "1", "--optim.shard", "yes")
            bytes_of[ranks] = read_metrics(run, "run")[0]["optimizer_bytes"]
            self.assertEqual(end_of(run)["memory"]["held_bytes"]["optimizer"], bytes_of[ranks]["rank"])
        whole = bytes_of[1]["whole"]
        self.assertEqual(bytes_of[1]["rank"], whole)
        for ranks in (2, 3):
            self.assertEqual(bytes_of[ranks]["whole"], whole)
            self.assertLess(bytes_of[ranks]["rank"], whole / ranks * 1.05)
            self.assertGreater(bytes_of[ranks]["rank"], whole / ranks * 0.9)

    def test_two_sharded_ranks_three_and_one_that_keeps_all_end_as_the_unbroken_run(self):
        flags = ("--train.micro-shards", "6", "--optim.schedule", "constant", "--optim.name", "adamw", "--optim.lr",
                 "0.002", "--train.ema-decay", "0.9", "--epochs", "3", "--run.quiet")
        reference, _ = self.train("unbroken", 1, *flags)
        for ranks, steps, shard in ((2, "9", "yes"), (3, "24", "yes"), (1, "none", "no")):
            run, _ = self.train("elastic", ranks, *flags, "--train.steps", steps, "--optim.shard", shard)
        self.assertEqual([line["world"] for line in read_metrics(run, "run")], [2, 3, 1])
        self.assertEqual(end_of(run)["state_digest"], end_of(reference)["state_digest"])
        self.assertEqual(read_metrics(run, "eval")[-1]["metrics"], read_metrics(reference, "eval")[-1]["metrics"])

    def test_a_kill_while_it_saves_loses_nothing_that_was_promised(self):
        flags = ("--optim.name", "adamw", "--optim.lr", "0.002", "--optim.shard", "yes", "--checkpoint.every-steps", "2",
                 "--train.steps", "400", "--epochs", "100", "--eval.every-epochs", "0", "--run.quiet")
        words = ("--data", self.data, "--batch", "32", *flags, "--out", self.folder / "killed")
        reference, _ = self.train("undisturbed", 2, *flags)
        run = self.folder / "killed"
        process = start_hpctrain(*words, ranks=2)
        self.assertTrue(wait_until(lambda: len(read_metrics(run, "checkpoint")) >= 5))
        promised = max(line["step"] for line in read_metrics(run, "checkpoint"))
        kill_all(str(run))
        process.wait(20)
        self.assertTrue(wait_until(lambda: not processes_with(str(run)), 10))
        self.assertEqual(read_metrics(run, "end"), [], "it was over before it was killed")
        self.train("killed", 2, *flags)
        self.assertGreaterEqual(read_metrics(run, "run")[-1]["resumed_from"], promised)
        self.assertEqual(end_of(run)["state_digest"], end_of(reference)["state_digest"])


if __name__ == "__main__":
    unittest.main()
