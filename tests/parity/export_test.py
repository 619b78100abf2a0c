"""Python reads an export, and torch computes the loss that hpctrain reports from it."""
import hashlib
import struct
import subprocess
import unittest

import h5py
import numpy
import torch
from hpctrain_test import HPCTRAIN, ProgramTest, end_of, make_dataset, read_metrics, run_hpctrain
from safetensors import safe_open
from safetensors.torch import load_file


class ExportTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder)
        self.run_folder = self.folder / "run"
        result = run_hpctrain("--data", self.data, "--out", self.run_folder, "--epochs", "2", "--batch", "32", "--lr",
                              "0.02", ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)

    def export(self):
        file = self.folder / "weights.safetensors"
        result = subprocess.run([HPCTRAIN, "export", self.run_folder, "-o", file], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return load_file(file)

    def test_torch_computes_the_reported_loss_from_the_exported_weights(self):
        weights = self.export()
        self.assertEqual(sorted(weights), ["conv1.bias", "conv1.weight", "conv2.bias", "conv2.weight", "fc.bias", "fc.weight"])
        images, labels = [], []
        with h5py.File(self.data / "manifest.h5") as manifest:
            split = manifest["splits/test"].attrs
            numbers = range(int(split["first_shard"]), int(split["first_shard"]) + int(split["shard_count"]))
        train_images = []
        for number, path in enumerate(sorted((self.data / "shards").glob("*.h5"))):
            with h5py.File(path) as shard:
                if number in numbers:
                    images.append(shard["fields/image/data"][:])
                    labels.append(shard["fields/label/data"][:])
                else:
                    train_images.append(shard["fields/image/data"][:])
        pixels = numpy.concatenate(train_images).astype(numpy.float64)
        inputs = torch.from_numpy((numpy.concatenate(images) - pixels.mean()) / pixels.std()).float().permute(0, 3, 1, 2)
        targets = torch.from_numpy(numpy.concatenate(labels)).long()
        functional = torch.nn.functional
        features = inputs
        for layer in ("conv1", "conv2"):
            features = functional.conv2d(features, weights[f"{layer}.weight"], weights[f"{layer}.bias"], padding=1)
            features = functional.max_pool2d(functional.relu(features), 2)
        logits = functional.linear(features.flatten(1), weights["fc.weight"], weights["fc.bias"])
        reported = read_metrics(self.run_folder, "eval")[-1]["metrics"]
        self.assertAlmostEqual(functional.cross_entropy(logits, targets).item(), reported["loss"], places=5)
        self.assertAlmostEqual((logits.argmax(1) == targets).double().mean().item(), reported["top1"], places=9)

    def test_state_digest_can_be_recomputed_from_the_checkpoint(self):
        newest = sorted((self.run_folder / "ckpt").glob("step-*"))[-1]
        spelled = {torch.float32: "F32", torch.int64: "I64"}
        digest = hashlib.sha256()
        for file in ("model.safetensors", "optimizer.safetensors"):
            with safe_open(newest / file, "pt") as tensors:
                digest.update(struct.pack("<Q", len(tensors.keys())))
                for name in sorted(tensors.keys(), key=lambda text: text.encode()):
                    tensor = tensors.get_tensor(name)
                    digest.update(name.encode() + b"\0" + spelled[tensor.dtype].encode() + b"\0")
                    digest.update(struct.pack(f"<{1 + tensor.dim()}Q", tensor.dim(), *tensor.shape))
                    digest.update(tensor.contiguous().numpy().tobytes())
        digest.update(struct.pack("<Q", 0))  # this network has no buffers
        self.assertEqual(digest.hexdigest(), end_of(self.run_folder)["state_digest"])

    def test_export_without_a_run_says_what_it_wants(self):
        result = subprocess.run([HPCTRAIN, "export", self.folder, "-o", self.folder / "x"], capture_output=True, text=True)
        self.assert_refused(result, 64, str(self.folder), "run directory")
        self.assertFalse((self.folder / "x").exists())


if __name__ == "__main__":
    unittest.main()
