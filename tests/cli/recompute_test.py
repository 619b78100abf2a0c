"""train.recompute changes no bit of a run, and is refused where a network has nothing to run again."""
import unittest

from hpctrain_test import ProgramTest, end_of, make_dataset, read_metrics, run_hpctrain


class RecomputeTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=42, test=6, side=12)

    def train(self, name, *flags):
        out = self.folder / name
        result = run_hpctrain("--data", self.data, "--out", out, "--model.stem", "small", "--batch", "8",
                              "--train.micro-batch", "2", "--train.steps", "3", "--eval.every-epochs", "0",
                              "--train.threads", "1", *flags, ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        return end_of(out)["state_digest"], [line["loss"] for line in read_metrics(out, "step")]

    def test_a_run_on_two_ranks_ends_in_the_same_state(self):
        for flags in (("--model.name", "efficientnet-b0"), ("--model.name", "resnet18", "--precision", "bf16"),
                      ("--model.name", "wrn-10-1", "--model.dropout", "0.3", "--model.sync-bn")):
            with self.subTest(flags):
                name = flags[1]
                self.assertEqual(self.train(f"{name}-on", *flags, "--train.recompute", "on"),
                                 self.train(f"{name}-off", *flags, "--train.recompute", "off"))

    def test_a_run_may_go_on_without_it(self):
        self.assertEqual(self.resume_after(2, "same", "off"), self.resume_after(2, "changed", "on"))

    def resume_after(self, steps, name, second):
        out = self.folder / name
        for until, recompute in ((steps, "off"), (steps + 2, second)):
            result = run_hpctrain("--data", self.data, "--out", out, "--model.name", "wrn-10-1", "--model.stem",
                                  "small", "--batch", "8", "--train.steps", until, "--eval.every-epochs", "0",
                                  "--optim.schedule", "constant", "--train.threads", "1",
                                  "--train.recompute", recompute)
            self.assertEqual(result.returncode, 0, result.stderr)
        return end_of(out)["state_digest"]

    def test_a_network_that_cannot_is_named(self):
        result = run_hpctrain("--data", self.data, "--out", self.folder / "run", "--model.name", "small-convnet",
                              "--train.recompute", "on")
        self.assert_refused(result, 64, "train.recompute", "small-convnet")


if __name__ == "__main__":
    unittest.main()
