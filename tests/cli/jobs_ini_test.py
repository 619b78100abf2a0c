"""Recipes of jobs/ for classification: read as they are, each makes a step on pictures of the real layout."""
import configparser
import os
import pathlib
import unittest

import numpy as np
from hpctrain_test import end_of, run_hpctrain
from packing import PackTest, noise

JOBS = pathlib.Path(os.environ["HPCTRAIN_SOURCE"]) / "jobs"
PICTURES = 20


class JobFilesTest(PackTest):
    def setUp(self):
        super().setUp()
        folder = self.folder / "source" / "cifar-10-batches-bin"
        folder.mkdir(parents=True)
        for place, name in enumerate([f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]):
            labels = (np.arange(PICTURES) % 10).astype(np.uint8).reshape(-1, 1)
            (folder / f"{name}.bin").write_bytes(np.hstack([labels, noise(place, PICTURES, 3072)]).tobytes())
        (folder / "batches.meta.txt").write_text("\n".join(f"c{i}" for i in range(10)))
        self.pack("cifar10", self.folder / "source")

    def train(self, file, *flags):
        run = self.folder / "run"
        result = run_hpctrain(JOBS / file, "--data", self.folder / "packed", "--train.steps", "1", "--batch", "4",
                              "--eval.max-samples", "1", *flags, "--out", run)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(end_of(run)["reason"], "finished")
        return self.settings_of(run / "run.ini")

    def settings_of(self, path):
        ini = configparser.ConfigParser()
        ini.read(path)
        return {f"{section}.{key}": value for section in ini.sections() for key, value in ini[section].items()}

    def assert_kept(self, resolved, file, but=("train.batch",)):
        for name, value in self.settings_of(JOBS / file).items():
            if name not in but:
                self.assertEqual(resolved[name], value, name)

    def test_resnet18_and_its_older_name(self):
        self.assert_kept(self.train("cifar10-resnet18.ini"), "cifar10-resnet18.ini")
        self.assertEqual((JOBS / "cifar10.ini").read_bytes(), (JOBS / "cifar10-resnet18.ini").read_bytes())

    def test_wide_resnet(self):
        self.assertEqual(self.settings_of(JOBS / "cifar10-wrn.ini")["model.name"], "wrn-28-10")
        resolved = self.train("cifar10-wrn.ini", "--model", "wrn-10-1")  # the large one takes a CPU half a minute
        self.assert_kept(resolved, "cifar10-wrn.ini", but=("train.batch", "model.name"))

    def test_half_precision_in_small_pieces(self):
        self.assert_kept(self.train("low-memory.ini"), "low-memory.ini")

    def test_every_recipe_names_options_that_there_are(self):
        files = sorted(JOBS.glob("*.ini"))
        self.assertGreaterEqual(len(files), 8)
        for file in files:
            command = ("sweep",) if "[sweep]" in file.read_text() else ()
            result = run_hpctrain(*command, file, "--data", self.folder / "nowhere", "--out", self.folder / "none")
            with self.subTest(file.name):
                self.assert_refused(result, 65, str(self.folder / "nowhere"))


if __name__ == "__main__":
    unittest.main()
