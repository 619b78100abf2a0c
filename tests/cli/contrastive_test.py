"""Contrastive learning from outside: training, scores, resume, equal bits, export, fine-tuning, and what is refused."""
import json
import unittest

import numpy as np
from hpctrain_test import ProgramTest, end_of, make_dataset, read_metrics, run_hpctrain, run_pack, write_stl10_source
from safetensors.numpy import load_file

CONTRASTIVE = {"--task.name": "contrastive", "--model": "strided-convnet", "--optim.name": "adam", "--lr": "0.002",
               "--batch": "48", "--eval.probe-samples": "150", "--optim.warmup-epochs": "0", "--optim.schedule": "constant"}


def words_of(task, flags):
    """Flags come in pairs and win over the task's own."""
    return [word for pair in (task | dict(zip(flags[::2], flags[1::2]))).items() for word in pair]


def losses_of(run):
    return [line["loss"] for line in read_metrics(run, "step")]


class ContrastiveTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.data = make_dataset(cls.make_class_folder(), train=403, test=101)

    def train(self, name, *flags, ranks=1, task=CONTRASTIVE):
        run = self.folder / name
        result = run_hpctrain("--data", self.data, *words_of(task, flags), "--out", run, ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return run, result

    def test_a_run_is_scored_exported_and_fine_tuned(self):
        run, result = self.train("run", "--epochs", "2", "--train.micro-batch", "12", ranks=2)
        self.assertIn("outputs of 2 micro-steps", result.stderr)
        losses = losses_of(run)
        self.assertLess(np.mean(losses[-5:]), np.mean(losses[:5]) - 0.1)
        evaluations = read_metrics(run, "eval")
        self.assertEqual([line["split"] for line in evaluations], ["test"] * 2)
        self.assertEqual(set(evaluations[-1]["metrics"]), {"probe_top1", "knn_top1", "probe_loss"})
        self.assertGreater(evaluations[-1]["metrics"]["probe_top1"], 0.8)

        scored = run_hpctrain("eval", run, "--baselines", "--json", ranks=2)
        self.assertEqual(scored.returncode, 0, scored.stderr)
        split = json.loads(scored.stdout)["splits"]["test"]
        best = max(evaluations, key=lambda line: line["step"])["metrics"]
        for name, value in best.items():
            self.assertAlmostEqual(split["metrics"][name], value, places=5)
            self.assertEqual(set(split["untrained"]), set(split["raw_pixels"]))
        self.assertNotEqual(split["raw_pixels"]["probe_loss"], split["untrained"]["probe_loss"])

        weights = self.folder / "encoder.safetensors"
        exported = run_hpctrain("export", run, "-o", weights)
        self.assertIn("projector", exported.stdout)
        names = set(load_file(weights))
        self.assertIn("conv1.weight", names)
        self.assertFalse([name for name in names if name.startswith(("projector", "fc"))])
        self.fine_tune(weights)

    def fine_tune(self, weights):
        run, result = self.train("tuned", "--model", "strided-convnet", "--batch", "48", "--lr", "1e-30",
                                 "--optim.weight-decay", "0", "--train.steps", "1", "--model.init", weights, task={})
        self.assertIn("fc.weight starts from random values", result.stderr)
        tuned = self.folder / "tuned.safetensors"
        run_hpctrain("export", run, "-o", tuned)
        given, found = load_file(weights), load_file(tuned)
        for name in ("conv1.weight", "conv3.weight", "bn2.bias"):
            np.testing.assert_array_equal(found[name], given[name])

    def test_any_ranks_and_micro_batches_have_the_losses_of_one_big_batch(self):
        # Without batch statistics, which would be of each micro-batch.
        flags = ("--model", "small-convnet", "--train.steps", "4", "--eval.probe-samples", "0")
        expected = losses_of(self.train("whole", *flags)[0])
        for ranks, micro_batch in ((1, 13), (2, 24), (4, 6)):
            run, _ = self.train(f"{ranks}-{micro_batch}", *flags, "--train.micro-batch", micro_batch, ranks=ranks)
            np.testing.assert_allclose(losses_of(run), expected, rtol=2e-5)
            self.assertFalse(read_metrics(run, "eval"))

    def test_micro_shards_give_the_same_bits_on_any_number_of_ranks(self):
        runs = [self.train(f"ranks-{ranks}", "--train.micro-shards", "4", "--train.steps", "5", ranks=ranks)[0]
                for ranks in (1, 2, 3)]
        self.assertEqual(len({end_of(run)["state_digest"] for run in runs}), 1)
        self.assertEqual(len({json.dumps(read_metrics(run, "eval")[-1]["metrics"]) for run in runs}), 1)

    def test_a_resumed_run_ends_with_the_bits_of_an_unbroken_one(self):
        flags = ("--train.micro-batch", "12", "--model.dropout", "0.2", "--precision", "bf16")
        unbroken, _ = self.train("unbroken", *flags, "--train.steps", "14", ranks=2)
        self.train("cut", *flags, "--train.steps", "6", ranks=2)
        resumed, _ = self.train("cut", *flags, "--train.steps", "14", ranks=2)
        self.assertEqual(read_metrics(resumed, "run")[-1]["resumed_from"], 6)
        self.assertEqual(end_of(resumed)["state_digest"], end_of(unbroken)["state_digest"])
        self.assertEqual(losses_of(resumed), losses_of(unbroken))

    def test_fp16_with_lars_and_accumulation_learns(self):
        run, _ = self.train("fp16", "--precision", "fp16", "--optim.name", "lars", "--lr", "2", "--epochs", "2",
                            "--train.micro-batch", "24")
        self.assertLess(np.mean(losses_of(run)[-5:]), np.mean(losses_of(run)[:3]))

    def test_a_sweep_finds_the_best_probe(self):
        sweep = self.folder / "sweep"
        flags = ("--train.steps", "3", "--contrastive.temperature", "0.2,0.5")
        result = run_hpctrain("sweep", "--data", self.data, *words_of(CONTRASTIVE, flags), "--out", sweep)
        self.assertEqual(result.returncode, 0, result.stderr)
        trials = json.loads((sweep / "results.json").read_text())
        self.assertEqual([trial["state"] for trial in trials], ["done", "done"])
        for trial in trials:
            run = sweep / "trials" / trial["trial"]
            self.assertEqual(trial["probe_top1"], read_metrics(run, "eval")[-1]["metrics"]["probe_top1"])

    def refuse(self, code, *words, flags):
        run = self.folder / f"refused-{flags[1]}"
        result = run_hpctrain("--data", self.data, *words_of(CONTRASTIVE, flags), "--out", run)
        self.assert_refused(result, code, *words)
        self.assertFalse(read_metrics(run, "step"))

    def test_what_cannot_be_learned_or_scored_is_refused_at_the_start(self):
        self.refuse(64, "data.augment none", flags=("--data.augment", "none"))
        self.refuse(64, "data.train-split", "train", flags=("--data.train-split", "unlabelled"))
        self.refuse(64, "eval.probe-split", "eval.probe-samples 0", flags=("--eval.probe-split", "labelled"))
        self.refuse(64, "unet", "resnet18", flags=("--model", "unet", "--data.image-size", "32"))

    def test_a_run_is_not_asked_for_classes(self):
        picture = self.folder / "picture.png"
        from PIL import Image
        Image.fromarray(np.zeros((12, 12), np.uint8)).save(picture)
        for probe_samples in ("150", "0"):
            run, _ = self.train(f"probe-{probe_samples}", "--train.steps", "1", "--eval.probe-samples", probe_samples)
            answers = self.folder / f"predictions-{probe_samples}"
            result = run_hpctrain("predict", run, picture, "-o", answers)
            self.assert_refused(result, 64, "contrastive", "--model.init")
            self.assertFalse(answers.exists())


class UnlabelledTest(ProgramTest):
    """STL-10's own layout: labelled splits beside one without labels."""

    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"
        packed = run_pack("stl10", write_stl10_source(self.folder / "stl10_binary"), "-o", self.data)
        self.assertEqual(packed.returncode, 0, packed.stderr)

    def run_stl10(self, *flags):
        return run_hpctrain("--data", self.data, "--task.name", "contrastive", "--data.train-split", "unlabeled", "--model",
                            "strided-convnet", "--batch", "8", "--train.steps", "2", "--out", self.folder / "run", *flags)

    def test_unlabelled_pictures_are_learned_from_and_labelled_ones_score(self):
        result = self.run_stl10("--data.image-size", "32")
        self.assertEqual(result.returncode, 0, result.stderr)
        evaluations = read_metrics(self.folder / "run", "eval")
        self.assertEqual([line["split"] for line in evaluations], ["test"])

    def test_a_probe_on_unlabelled_pictures_is_refused_at_the_start(self):
        result = self.run_stl10("--eval.probe-split", "unlabeled")
        self.assert_refused(result, 65, "has no label", "eval.probe-split", "eval.probe-samples 0")
        self.assertFalse(read_metrics(self.folder / "run", "step"))


if __name__ == "__main__":
    unittest.main()
