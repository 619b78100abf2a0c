"""Pictures stored as JPEG and PNG, trained on by whole programs: the same pixels whoever decodes them, and they teach."""
import csv
import hashlib
import io
import json
import struct
import subprocess
import unittest

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from hpctrain_test import BIN, audit_of, end_of, read_metrics, run_hpctrain
from packing import PackTest, noise

SIDE = 16
EVERYTHING = ("random-resized-crop(scale=0.3..1) | flip | affine(rotate=15, p=0.5) | jitter(contrast=0.3, hue=0.1) | "
              "blur(p=0.5) | noise(0.05) | cutout(4)")


class EncodedTrainingTest(PackTest):
    def save_pictures(self, count, kind, **options):
        """Pictures whose bright half tells the class, every one with noise of its own."""
        for i in range(count):
            label = i % 2
            pixels = noise(i, SIDE, SIDE, 3) // 3
            pixels[:, label * SIDE // 2:][:, :SIDE // 2] += 120
            self.save(f"{'train' if i % 4 else 'val'}/{'ab'[label]}/{i:03}.{kind}", pixels, **options)

    def packed(self, store, *options):
        result_rows, _, _ = self.pack("folder", self.folder / "source", "--store", store, "--shard-bytes", "20000", *options)
        return self.folder / "packed", result_rows

    def delivery(self, dataset, augment="none", size="stored"):
        result = subprocess.run([BIN / "delivery_probe", dataset, augment, size], capture_output=True, text=True,
                                timeout=300)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def assert_one_delivery(self, told):
        """90 ways, one outcome."""
        self.assertEqual(len(told["ways"]), 5 * 3 * 2 * 3)
        self.assertEqual(len({way["digest"] for way in told["ways"]}), 1)
        for way in told["ways"]:
            if way["cache"] == "none":
                self.assertEqual(way["node_cache_bytes"], 0)
            if way["cache"] == "replicate":
                self.assertEqual(way["source_bytes"], 0)

    def test_png_gives_the_pixels_that_pillow_decodes(self):
        self.save_pictures(80, "png")
        dataset, records = self.packed("encoded")
        told = self.delivery(dataset)
        self.assert_one_delivery(told)
        self.assertEqual(len(told["samples"]), 2 * 60)
        for sample in told["samples"]:
            pixels = np.asarray(Image.open(io.BytesIO(records["image"][sample["id"]])))
            self.assertEqual(sample["pixels"], hashlib.sha256(pixels.tobytes()).hexdigest())

    def test_a_gamma_that_some_decoders_apply_changes_nothing(self):
        linear = PngInfo()
        linear.add(b"gAMA", struct.pack(">I", 100000))
        self.save_pictures(16, "png", pnginfo=linear)
        dataset, _ = self.packed("encoded")
        told = self.delivery(dataset)
        originals = {hashlib.sha256(np.asarray(Image.open(path)).tobytes()).hexdigest()
                     for path in (self.folder / "source").rglob("*.png")}
        self.assertLessEqual({sample["pixels"] for sample in told["samples"]}, originals)

    def test_pictures_from_outside_are_seen_as_evaluation_sees_those_of_the_set(self):
        for i in range(48):
            pixels = noise(i, SIDE, 2 * SIDE, 3) // 3
            pixels[:, i % 2 * SIDE:][:, :SIDE] += 120
            self.save(f"{'train' if i % 4 else 'val'}/{'ab'[i % 2]}/{i:03}.png", pixels)
        self.packed("encoded")
        run = self.train("wide", "--data.image-size", str(SIDE), "--train.steps", "6")
        pictures = sorted((self.folder / "source/val").rglob("*.png"))
        losses = self.losses_of_predictions(run)
        self.assertAlmostEqual(np.mean(losses), read_metrics(run, "eval")[-1]["metrics"]["loss"], delta=1e-4)
        result = run_hpctrain("predict", run, pictures[0], "-o", self.folder / "padded", "--fit", "pad")
        self.assertEqual(result.returncode, 64)
        self.assertIn("--fit is for data sets whose pictures were brought to one size", result.stderr)

    def test_pictures_from_outside_are_cropped_as_the_packer_cropped_those_of_the_set(self):
        # The middle tells the class, and what is cut off says the contrary.
        for i in range(48):
            pixels = noise(i, SIDE, 3 * SIDE, 3) // 16
            pixels[:] += np.uint8(220 - 200 * (i % 2))
            pixels[:, SIDE:2 * SIDE] = noise(i, SIDE, SIDE, 3) // 16 + np.uint8(20 + 200 * (i % 2))
            self.save(f"{'train' if i % 4 else 'val'}/{'ab'[i % 2]}/{i:03}.png", pixels)
        self.packed("jpeg=95", "--size", f"{SIDE}x{SIDE}")
        run = self.train("cropped", "--train.steps", "6")
        losses = {fit: self.losses_of_predictions(run, *(("--fit", fit) if fit else ())) for fit in ("", "crop", "pad")}
        scored = json.loads(run_hpctrain("eval", run, "--json").stdout)["splits"]["validation"]["metrics"]
        self.assertAlmostEqual(np.mean(losses[""]), scored["loss"], delta=0.02)
        self.assertEqual(losses["crop"], losses[""])
        self.assertGreater(np.abs(np.subtract(losses["pad"], losses[""])).max(), 1e-3)

    def losses_of_predictions(self, run, *flags):
        """Of the validation pictures' own files."""
        pictures = sorted((self.folder / "source/val").rglob("*.png"))
        answers = self.folder / f"answers{len(list(self.folder.glob('answers*')))}"
        result = run_hpctrain("predict", run, *pictures, "-o", answers, *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(answers / "predictions.csv") as table:
            rows = list(csv.DictReader(table))
        right = {path.name: path.parent.name for path in pictures}
        losses = [-np.log(float(row["probability"])) for row in rows if row["class"] == right[row["image"]]]
        self.assertEqual(len(losses), len(pictures))
        return losses

    def test_augmented_pixels_are_the_same_in_every_way(self):
        self.save_pictures(48, "jpg", quality=92)
        dataset, _ = self.packed("encoded")
        told = self.delivery(dataset, EVERYTHING, "12x14")
        self.assert_one_delivery(told)
        epochs = {epoch: {s["id"]: s["input"] for s in told["samples"] if s["epoch"] == epoch} for epoch in (0, 1)}
        self.assertEqual(set(epochs[0]), set(epochs[1]))
        self.assertTrue(all(epochs[0][sample] != epochs[1][sample] for sample in epochs[0]))

    def train(self, name, *arguments, ranks=1):
        out = self.folder / name
        result = run_hpctrain("--data", self.folder / "packed", "--out", out, "--epochs", "4", "--batch", "24", "--lr",
                              "0.02", "--run.audit", "yes", *arguments, ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return out

    def test_training_learns_and_sees_the_same_samples_on_any_number_of_ranks(self):
        self.save_pictures(120, "png")
        self.packed("jpeg=90")
        ways = {1: ("--data.engine", "mmap", "--data.threads", "1"), 2: ("--data.engine", "pread", "--data.threads", "2"),
                4: ("--cache.mode", "replicate", "--cache.dir", self.folder / "cache", "--data.threads", "4")}
        runs = {ranks: self.train(f"ranks{ranks}", *flags, ranks=ranks) for ranks, flags in ways.items()}
        losses = {ranks: [line["loss"] for line in read_metrics(run, "step")] for ranks, run in runs.items()}
        self.assertLess(np.mean(losses[1][-3:]), 0.5 * np.mean(losses[1][:3]))
        for ranks in (2, 4):
            self.assertEqual(audit_of(runs[ranks]), audit_of(runs[1]))
            np.testing.assert_allclose(losses[ranks], losses[1], rtol=1e-3, atol=1e-4)
        self.assertGreater(end_of(runs[1])["data"]["training"]["decode_seconds"], 0)

    def test_engines_threads_and_copies_train_the_same_weights(self):
        self.save_pictures(60, "jpg", quality=90)
        self.packed("encoded")
        augment = ("--data.augment", EVERYTHING, "--data.image-size", "12")
        plain = end_of(self.train("plain", *augment))["state_digest"]
        for name, flags in {"pread": ("--data.engine", "pread"), "threads": ("--data.threads", "4"),
                            "copies": ("--cache.mode", "replicate", "--cache.dir", self.folder / "cache")}.items():
            self.assertEqual(end_of(self.train(name, *augment, *flags))["state_digest"], plain, name)


if __name__ == "__main__":
    unittest.main()
