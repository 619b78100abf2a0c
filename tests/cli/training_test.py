"""A whole run from outside: the same samples and losses on any number of ranks, and the files that scripts rely on."""
import json
import unittest

from hpctrain_test import ProgramTest, audit_of, end_of, make_dataset, read_metrics, run_hpctrain


class TrainingTest(ProgramTest):
    def train(self, name, *arguments, ranks=1):
        out = self.folder / name
        result = run_hpctrain("--data", self.data, "--out", out, *arguments, ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return out

    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder)

    def test_any_number_of_ranks_sees_the_same_samples_and_losses(self):
        flags = ("--epochs", "2", "--batch", "48", "--lr", "0.01", "--run.audit")
        runs = {ranks: self.train(f"ranks{ranks}", *flags, ranks=ranks) for ranks in (1, 2, 4)}
        reference = audit_of(runs[1])
        epoch = [sample for step in range(1, 10) for sample in reference[step]]
        self.assertEqual(sorted(epoch), list(range(403)))
        self.assertEqual(len(reference[9]), 403 - 8 * 48)
        for ranks in (2, 4):
            self.assertEqual(audit_of(runs[ranks]), reference)
        losses = {ranks: [line["loss"] for line in read_metrics(run, "step")] for ranks, run in runs.items()}
        for ranks in (2, 4):
            for ours, theirs in zip(losses[ranks], losses[1], strict=True):
                self.assertLessEqual(abs(ours - theirs), 1e-5 * max(1, theirs))

    def test_checkpoints_by_the_clock_come_once_each_time(self):
        run = self.train("clock", "--epochs", "1000", "--train.steps", "400", "--batch", "32", "--train.micro-batch", "1",
                         "--checkpoint.every-minutes", "0.005", "--eval.every-epochs", "0", ranks=2)
        steps = [line["step"] for line in read_metrics(run, "checkpoint")]
        self.assertGreater(len(steps), 3)
        self.assertEqual([step for step, following in zip(steps, steps[1:-1]) if following == step + 1], [], steps)

    def test_accumulation_equals_the_big_batch(self):
        flags = ("--epochs", "1", "--batch", "50", "--lr", "0.01", "--run.audit")
        whole = self.train("whole", *flags)
        parts = self.train("parts", *flags, "--train.micro-batch", "7", ranks=2)
        self.assertEqual(audit_of(whole), audit_of(parts))
        for ours, theirs in zip(read_metrics(parts, "step"), read_metrics(whole, "step"), strict=True):
            self.assertLessEqual(abs(ours["loss"] - theirs["loss"]), 1e-5 * max(1, theirs["loss"]))

    def test_batch_normalisation_over_all_ranks_gives_the_losses_of_one_rank(self):
        # 42 samples: the epoch's last batch has two, and one of three ranks none.
        self.data = make_dataset(self.folder / "small", train=42, test=6, side=8)
        flags = ("--model.name", "resnet18", "--model.stem", "small", "--batch", "8", "--lr", "0.001",
                 "--eval.every-epochs", "0")
        alone, together = (self.train(f"ranks{ranks}", *flags, "--model.sync-bn", "--epochs", "1", ranks=ranks)
                           for ranks in (1, 3))
        apart = self.train("apart", *flags, "--train.steps", "4", ranks=3)
        losses = [[line["loss"] for line in read_metrics(run, "step")] for run in (alone, together, apart)]
        self.assertEqual([len(of_run) for of_run in losses], [6, 6, 4])
        # Later steps amplify the last digit: layers of one pixel normalise as few values as there are samples.
        for ours, theirs in zip(losses[1][:4], losses[0]):
            self.assertLessEqual(abs(ours - theirs), 1e-3 * max(1, theirs))
        self.assertGreater(max(abs(a - b) for a, b in zip(losses[2], losses[0])), 1e-2)

    def test_a_run_leaves_the_files_that_scripts_rely_on(self):
        run = self.train("run", "--epochs", "3", "--lr", "0.05", "--batch", "32", ranks=2)
        events = [line["event"] for line in read_metrics(run)]
        self.assertEqual(events[0], "run")
        self.assertEqual(events[-1], "end")
        for line in read_metrics(run):
            for key in ("step", "epoch", "seconds", "unix"):
                self.assertIn(key, line)
        for line in read_metrics(run, "step"):
            for key in ("loss", "lr", "samples_per_second", "data_wait_share"):
                self.assertIsInstance(line[key], (int, float))
        evaluations = read_metrics(run, "eval")
        self.assertEqual([line["split"] for line in evaluations], ["test"] * 3)
        self.assertGreater(evaluations[-1]["metrics"]["top1"], 0.9)
        self.assertRegex(end_of(run)["state_digest"], "^[0-9a-f]{64}$")
        report = json.loads((run / "exit.json").read_text())
        self.assertEqual(report["code"], 0)
        self.assertEqual(report["step"], 39)
        newest = run / report["checkpoint"]
        self.assertTrue((newest / "MANIFEST.json").exists())
        saved = read_metrics(run, "checkpoint")[-1]
        self.assertEqual(saved["path"], report["checkpoint"])
        self.assertEqual(saved["bytes"], sum(file.stat().st_size for file in newest.iterdir()))

    def test_the_ledger_says_where_each_step_epoch_and_run_spent_its_time(self):
        run = self.train("ledger", "--epochs", "2", "--batch", "32", "--lr", "0.01")
        steps, epochs, end = read_metrics(run, "step"), read_metrics(run, "epoch"), end_of(run)
        self.assertEqual([(line["step"], line["epoch"]) for line in epochs], [(13, 0), (26, 1)])
        phases = ("make_batch", "forward", "backward", "optimizer")
        for line in steps + epochs + [end]:
            for phase in phases:
                self.assertGreater(line["phase_seconds"][phase], 0)
            self.assertGreater(line["samples_per_second"], 0)
        for phase in phases:
            total = end["phase_seconds"][phase]
            self.assertAlmostEqual(sum(line["phase_seconds"][phase] for line in steps), total, delta=30e-6)
            self.assertAlmostEqual(sum(line["phase_seconds"][phase] for line in epochs), total, delta=3e-6)
        self.assertGreater(end["phase_seconds"]["evaluation"], 0)
        self.assertGreater(end["phase_seconds"]["checkpoint"], 0)

    def test_lines_are_thinned_and_the_losses_all_counted(self):
        flags = ("--batch", "32", "--lr", "0.01", "--epochs", "3", "--train.steps", "31")
        every = self.train("every", *flags)
        thinned = self.train("thinned", *flags, "--monitor.metrics-every-steps", "5")
        lines = read_metrics(thinned, "step")
        # 13 steps an epoch; the last of the run has a line too.
        self.assertEqual([line["step"] for line in lines], [5, 10, 13, 15, 20, 25, 26, 30, 31])
        losses = {line["step"]: line["loss"] for line in read_metrics(every, "step")}
        self.assertEqual(len(losses), 31)
        for line in lines:
            self.assertEqual(line["loss"], losses[line["step"]])
        for phase in ("forward", "optimizer"):
            self.assertAlmostEqual(sum(line["phase_seconds"][phase] for line in lines),
                                   end_of(thinned)["phase_seconds"][phase], delta=30e-6)
        chains = [read_metrics(run, "checkpoint")[-1]["chain"] for run in (every, thinned)]
        self.assertEqual(chains[0], chains[1])
        self.assertEqual(end_of(thinned)["state_digest"], end_of(every)["state_digest"])

    def test_the_ledger_of_the_end_is_the_mean_over_ranks(self):
        run = self.train("two", "--epochs", "1", "--batch", "32", "--lr", "0.01", ranks=2)
        end = end_of(run)["phase_seconds"]
        self.assertGreater(end["communication"], 0)
        [epoch] = read_metrics(run, "epoch")
        self.assertLess(abs(epoch["phase_seconds"]["forward"] - end["forward"]), 2e-6)

    def test_run_ini_starts_a_new_equal_run(self):
        first = self.train("first", "--epochs", "1", "--batch", "64", "--optim.name", "adamw", "--lr", "0.002")
        again = self.folder / "again"
        result = run_hpctrain(first / "run.ini", "--out", again)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(end_of(again)["state_digest"], end_of(first)["state_digest"])

    def test_every_sample_of_a_split_is_scored_once_on_any_number_of_ranks(self):
        flags = ("--train.steps", "3", "--lr", "0.01", "--batch", "30")
        metrics = [read_metrics(self.train(f"eval{ranks}", *flags, ranks=ranks), "eval")[-1]["metrics"]
                   for ranks in (1, 3)]
        # 101 test images: a sample counted twice or left out would move top-1 off a multiple of 1/101.
        self.assertAlmostEqual(metrics[0]["top1"] * 101, round(metrics[0]["top1"] * 101), places=9)
        self.assertAlmostEqual(metrics[1]["loss"], metrics[0]["loss"], places=4)
        limited = self.train("limited", *flags, "--eval.max-samples", "10", ranks=3)
        top1 = read_metrics(limited, "eval")[-1]["metrics"]["top1"]
        self.assertAlmostEqual(top1 * 10, round(top1 * 10), places=9)

    def test_dropped_tail_leaves_only_full_batches(self):
        run = self.train("drop", "--epochs", "2", "--batch", "100", "--data.tail", "drop", "--run.audit")
        steps = audit_of(run)
        self.assertEqual({len(ids) for ids in steps.values()}, {100})
        self.assertEqual(len(steps), 8)


if __name__ == "__main__":
    unittest.main()
