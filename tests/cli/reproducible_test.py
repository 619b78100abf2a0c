"""train.micro-shards: the same bits on any number of ranks, with batch normalisation, dropout, clipping, and resumes."""
import unittest

from hpctrain_test import end_of, run_hpctrain
from reproducible_suite import WORLDS, ReproducibleProgramTest


class ReproducibleTest(ReproducibleProgramTest):
    def test_a_network_with_dropout_has_the_same_weights_after_100_steps_on_any_number_of_ranks(self):
        self.assert_equal_on(WORLDS, 100, "--model.dropout", "0.3", "--batch", "43", "--optim.clip-norm", "0.5",
                                        "--train.ema-decay", "0.9", "--data.augment", "crop(pad=1) | flip")

    def test_resnet18_with_batch_normalisation_has_the_same_weights_on_any_number_of_ranks(self):
        self.assert_equal_on(WORLDS, 6, "--model.name", "resnet18", "--model.stem", "small", "--batch", "21",
                                        "--eval.max-samples", "50")

    def test_bf16_has_the_same_weights_on_any_number_of_ranks(self):
        self.assert_equal_on((1, 2, 3), 10, "--precision", "bf16", "--model.dropout", "0.3", "--batch", "43")

    def test_fp16_has_the_same_weights_on_any_number_of_ranks(self):
        self.assert_equal_on((1, 2, 3), 10, "--precision", "fp16", "--model.dropout", "0.3", "--batch", "43")

    def test_a_batch_of_fewer_samples_than_micro_shards_leaves_some_empty(self):
        self.assert_equal_on((1, 2, 5), 10, "--model.dropout", "0.3", "--batch", "5")

    def test_mixed_samples_have_the_same_partners_on_any_number_of_ranks(self):
        self.assert_equal_on((1, 2, 3), 10, "--train.mixup", "0.4", "--batch", "43", "--data.augment", "flip")

    def test_another_number_of_micro_shards_gives_other_bits(self):
        flags = ("--batch", "32", "--train.steps", "3", "--eval.max-samples", "8")
        runs = [self.train(f"in-{parts}", 1, *flags, micro_shards=parts) for parts in (8, 4)]
        self.assertNotEqual(end_of(runs[0])["state_digest"], end_of(runs[1])["state_digest"])

    def test_what_would_change_bits_is_refused_in_one_line(self):
        for case, (ranks, flags, words) in enumerate((
                (3, (), ("train.micro-shards 2", "at most 2 ranks", "there are 3")),
                (1, ("--train.micro-batch", "15"), ("train.micro-batch 15", "micro-shard of 16 samples")),
                (1, ("--train.threads", "2"), ("train.threads 2",)),
                (1, ("--model.sync-bn",), ("model.sync-bn",)))):
            result = run_hpctrain("--data", self.data, "--train.micro-shards", "2", "--batch", "32", *flags, "--out",
                                  self.folder / f"refused-{case}", ranks=ranks)
            self.assert_refused(result, 64, *words)

    def test_a_run_keeps_its_number_of_micro_shards(self):
        flags = ("--batch", "32", "--train.steps", "2", "--eval.max-samples", "8")
        run = self.train("kept", 1, *flags)
        result = run_hpctrain("--train.micro-shards", "4", "--train.steps", "4", "--out", run)
        self.assert_refused(result, 64, "train.micro-shards")


if __name__ == "__main__":
    unittest.main()
