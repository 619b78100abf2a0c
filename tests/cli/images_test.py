"""What is done to images on their way to the network, as a user asks for it and reads of it."""
import csv
import re
import unittest

import numpy as np
from PIL import Image

from hpctrain_test import ProgramTest, end_of, make_dataset, read_metrics, run_hpctrain


class ImagesTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=131, test=40, side=16)

    def train(self, name, *arguments, ranks=1):
        out = self.folder / name
        result = run_hpctrain("--data", self.data, "--out", out, "--epochs", "2", "--batch", "32", *arguments,
                              ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return out, result

    def test_images_that_lie_on_the_device_train_the_same_network(self):
        augment = ("--data.augment", "crop(pad=2) | flip | cutout(4) | blur")
        streamed, _ = self.train("streamed", *augment, "--data.resident", "off")
        resident, result = self.train("resident", *augment, "--data.resident", "on")
        self.assertIn("resident on the device", result.stderr)
        self.assertEqual(end_of(resident)["state_digest"], end_of(streamed)["state_digest"])
        self.assertEqual([line["loss"] for line in read_metrics(resident, "step")],
                         [line["loss"] for line in read_metrics(streamed, "step")])

    def test_another_image_size_is_said_trained_and_evaluated(self):
        run, result = self.train("small", "--data.image-size", "12x10", "--data.augment", "crop(pad=1)", ranks=2)
        self.assertRegex(result.stderr, r"images\s+12 × 10 × 1, resized from 16 × 16")
        self.assertRegex(result.stderr, r"augmentation\s+crop\(pad=1\)")
        scored = run_hpctrain("eval", run)
        self.assertEqual(scored.returncode, 0, scored.stderr)
        told = float(re.search(r"this network .*top1 ([0-9.]+) %", scored.stdout)[1])
        self.assertAlmostEqual(told, 100 * read_metrics(run, "eval")[-1]["metrics"]["top1"], delta=0.01)

    def test_a_run_tells_where_the_time_of_its_augmentation_went(self):
        run, result = self.train("timed", "--data.augment", "elastic | blur(p=1) | noise(0.1)")
        seconds = end_of(run)["augment_seconds"]
        self.assertLessEqual({"resample", "blur", "noise"}, set(seconds))
        self.assertTrue(all(0 < value < 60 for value in seconds.values()))
        self.assertRegex(result.stdout, r"augmentation .*(resample|blur|noise) \d")

    def test_predict_computes_in_the_number_format_of_the_run(self):
        run, _ = self.train("half", "--precision", "bf16", "--train.steps", "2")
        picture = self.folder / "picture.png"
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (16, 16), dtype=np.uint8)).save(picture)

        def probability_of_each_class(out):
            result = run_hpctrain("predict", run, picture, "-o", self.folder / out)
            self.assertEqual(result.returncode, 0, result.stderr)
            with open(self.folder / out / "predictions.csv") as table:
                return {row["label"]: float(row["probability"]) for row in csv.DictReader(table)}

        asked_in_bf16 = probability_of_each_class("bf16")
        settings = (run / "run.ini").read_text()
        self.assertIn("precision = bf16", settings)
        (run / "run.ini").write_text(settings.replace("precision = bf16", "precision = fp32"))
        asked_in_fp32 = probability_of_each_class("fp32")
        self.assertNotEqual(asked_in_bf16, asked_in_fp32)
        for name, probability in asked_in_bf16.items():
            self.assertAlmostEqual(probability, asked_in_fp32[name], delta=0.02)

    def test_what_cannot_be_done_to_these_images_is_refused_before_the_first_step(self):
        def refused(*arguments):
            # A folder each: the first one to get as far as its data set is a run with these settings.
            return run_hpctrain("--data", self.data, "--out", self.folder / arguments[1].replace(",", "x"), *arguments)

        self.assert_refused(refused("--data.augment", "flop"), 64, "data.augment", "did you mean flip?")
        self.assert_refused(refused("--data.augment", "grey | flip"), 64, "data.augment", "3 channels")
        self.assert_refused(refused("--data.augment", "crop(pad=16)"), 64, "data.augment", "crop pad = 16")
        self.assert_refused(refused("--data.image-size", "12,16"), 64, "data.image-size", "hpctrain sweep")
        self.assert_refused(refused("--data.image-size", "big"), 64, "data.image-size", "96x128")


if __name__ == "__main__":
    unittest.main()
