"""A run may change its number of ranks in the middle of an epoch: each sample is still seen once, in the same order."""
import subprocess
import unittest

from hpctrain_test import HPCTRAIN, ProgramTest, audit_of, end_of, make_dataset, read_metrics, run_hpctrain

SAMPLES = 1003


class ElasticTest(ProgramTest):
    def setUp(self):
        super().setUp()
        data = make_dataset(self.folder, train=SAMPLES)
        self.flags = ("--data", data, "--epochs", "2", "--batch", "30", "--eval.every-epochs", "0", "--run.audit",
                      "--run.quiet")

    def train(self, run, ranks: int, *flags):
        result = run_hpctrain(*self.flags, *flags, "--out", run, ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_four_two_three_and_one_ranks_within_an_epoch_see_what_the_unbroken_run_sees(self):
        reference, run = self.folder / "unbroken", self.folder / "elastic"
        self.train(reference, 1)
        for ranks, steps in ((4, "7"), (2, "15"), (3, "26"), (1, "none")):
            self.train(run, ranks, "--train.steps", steps)
        self.assertEqual([line["world"] for line in read_metrics(run, "run")], [4, 2, 3, 1])
        expected = audit_of(reference)
        self.assertEqual(audit_of(run), expected)
        first_epoch = [id for step in range(1, 35) for id in expected[step]]
        self.assertEqual((len(first_epoch), len(set(first_epoch))), (SAMPLES, SAMPLES))
        check = subprocess.run([HPCTRAIN, "check-audit", str(run)], capture_output=True, text=True)
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)
        self.assertIn("2 whole epochs: every sample exactly once", check.stdout)

    def test_in_the_reproducible_mode_they_end_with_the_bits_of_the_unbroken_run(self):
        reference, run = self.folder / "unbroken", self.folder / "elastic"
        # A constant rate: the others plan ahead to the last step, and train.steps moves that.
        flags = ("--train.micro-shards", "8", "--optim.schedule", "constant", "--model.dropout", "0.2",
                 "--optim.clip-norm", "0.5", "--train.ema-decay", "0.9", "--checkpoint.every-steps", "5")
        self.train(reference, 1, *flags)
        for ranks, steps in ((4, "7"), (2, "15"), (3, "26"), (1, "none")):
            self.train(run, ranks, *flags, "--train.steps", steps)
        self.assertEqual([line["world"] for line in read_metrics(run, "run")], [4, 2, 3, 1])
        self.assertEqual(end_of(run)["state_digest"], end_of(reference)["state_digest"])
        self.assertEqual(read_metrics(run, "checkpoint")[-1]["chain"], read_metrics(reference, "checkpoint")[-1]["chain"])
        self.assertEqual(read_metrics(run, "eval")[-1]["metrics"], read_metrics(reference, "eval")[-1]["metrics"])
        self.assertEqual(audit_of(run), audit_of(reference))

    def test_an_audit_with_a_sample_too_many_or_too_few_is_told(self):
        run = self.folder / "told"
        self.train(run, 1)
        path = run / "audit" / "rank-00000.jsonl"
        text = path.read_text()
        first = text.splitlines()[0]
        ids = first[first.index("[") + 1:first.index("]")].split(",")
        for changed, words in ((ids[1:], "1002 of 1003"), ([*ids, ids[0]], "twice")):
            path.write_text(text.replace("[" + ",".join(ids) + "]", "[" + ",".join(changed) + "]"))
            check = subprocess.run([HPCTRAIN, "check-audit", str(run)], capture_output=True, text=True)
            self.assertEqual(check.returncode, 65, check.stdout)
            self.assertIn(words, check.stdout)


if __name__ == "__main__":
    unittest.main()
