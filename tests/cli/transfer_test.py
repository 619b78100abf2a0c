"""Weights that are taken over: the head learns first, then everything, exact across the border and over resumes."""
import unittest

import numpy as np
from hpctrain_test import ProgramTest, end_of, make_dataset, read_metrics, run_hpctrain, train_reference
from safetensors.numpy import load_file, save_file

SIDE, CLASSES, STEPS_PER_EPOCH = 12, 10, 13  # idx files have ten classes, filled or not
HEAD = ("fc.weight", "fc.bias")


def write_weights(path, classes, seed=1):
    """small-convnet's, with a head of its own."""
    generator = np.random.default_rng(seed)
    shapes = {"conv1.weight": (16, 1, 3, 3), "conv1.bias": (16,), "conv2.weight": (32, 16, 3, 3), "conv2.bias": (32,),
              "fc.weight": (classes, 32 * (SIDE // 4) ** 2), "fc.bias": (classes,)}
    weights = {name: generator.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(weights, path)
    return weights


class TransferTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shared = cls.make_class_folder()
        cls.data = make_dataset(shared, side=SIDE)
        cls.init = shared / "init.safetensors"
        cls.weights = write_weights(cls.init, classes=7)
        cls.flags = ("--data", cls.data, "--model.init", cls.init, "--batch", "32", "--optim.name", "adamw", "--lr", "0.01",
                     "--optim.schedule", "constant", "--optim.warmup-epochs", "0", "--train.head-only-epochs", "1",
                     "--checkpoint.keep", "9", "--epochs", "2")
        cls.reference = train_reference(*cls.flags, out=shared / "unbroken", ranks=2)

    def checkpoint_files(self):
        return sorted(path.name for path in (self.reference / "ckpt").glob("step-*"))

    def test_the_head_alone_learns_at_first_and_then_everything(self):
        files = self.checkpoint_files()
        self.assertEqual(len(files), 2, files)
        early, late = (load_file(self.reference / "ckpt" / name / "model.safetensors") for name in (files[0], files[-1]))
        self.assertEqual(early["fc.weight"].shape[0], CLASSES)
        for name, given in self.weights.items():
            if name not in HEAD:
                np.testing.assert_array_equal(early[name], given)
                self.assertTrue((late[name] != given).any(), name)
        state = load_file(self.reference / "ckpt" / files[0] / "optimizer.safetensors")
        for name, tensor in state.items():
            self.assertEqual(bool(np.any(tensor)), name.split("/")[1] in HEAD, name)
        losses = [line["loss"] for line in read_metrics(self.reference, "step")]
        self.assertLess(np.mean(losses[8:13]), np.mean(losses[:5]))

    def test_runs_cut_before_at_and_after_the_border_end_in_the_same_state(self):
        for case, stops in enumerate(((12, 13), (14,))):
            run = self.folder / f"cut-{case}"
            for stop in stops:
                result = run_hpctrain(*self.flags, "--train.steps", stop, "--out", run, ranks=2)
                self.assertEqual(result.returncode, 0, result.stderr)
            result = run_hpctrain(*self.flags, "--train.steps", 2 * STEPS_PER_EPOCH, "--out", run, ranks=2)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(end_of(run)["state_digest"], end_of(self.reference)["state_digest"], stops)

    def test_the_run_says_what_learns_and_what_was_not_taken_over(self):
        result = run_hpctrain(*self.flags, "--train.steps", 1, "--out", self.folder / "run", ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("fc.weight starts from random values: the file has [7, 288], not [10, 288]", result.stderr)
        self.assertEqual(result.stderr.count("the head fc learns alone up to step 13"), 1, result.stderr)

    def test_random_weights_are_not_kept(self):
        result = run_hpctrain("--data", self.data, "--train.head-only-epochs", "1", "--out", self.folder / "run", ranks=2)
        self.assert_refused(result, 64, "train.head-only-epochs", "model.init")

    def test_weights_of_other_shapes_are_refused_by_name(self):
        weights = dict(self.weights, **{"conv2.weight": np.zeros((32, 16, 5, 5), np.float32)})
        other = self.folder / "other.safetensors"
        save_file(weights, other)
        result = run_hpctrain("--data", self.data, "--model.init", other, "--out", self.folder / "run", ranks=2)
        self.assert_refused(result, 64, "conv2.weight is [32, 16, 5, 5]", "[32, 16, 3, 3]", "same network")

    def test_eval_answers_by_mirror_images_where_it_is_asked_to(self):
        scores = {}
        for mirror in ("no", "yes"):
            result = run_hpctrain("eval", self.reference, "--eval.mirror", mirror, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            scores[mirror] = result.stdout
        self.assertNotEqual(scores["no"], scores["yes"])


if __name__ == "__main__":
    unittest.main()
