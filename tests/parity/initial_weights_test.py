"""ResNet-18 weights go from torchvision into a run by model.init and out of it by export; both programs answer alike."""
import csv
import json
import random
import subprocess
import unittest

import numpy
import torch
import torchvision
from hpctrain_test import HPCTRAIN, PACK, ProgramTest, run_hpctrain, run_pack
from PIL import Image
from safetensors.torch import load_file, save_file

SIDE, CLASSES = 48, 3


def write_pictures(folder, count=8):
    generator = random.Random(1)
    for label in range(CLASSES):
        (folder / f"class{label}").mkdir(parents=True)
        for i in range(count):
            pixels = numpy.array([generator.randrange(256) for _ in range(SIDE * SIDE * 3)], numpy.uint8)
            Image.fromarray(pixels.reshape(SIDE, SIDE, 3)).save(folder / f"class{label}" / f"{label}-{i}.png")


def make_peer(classes):
    torch.manual_seed(3)
    peer = torchvision.models.resnet18(weights=None, num_classes=classes)
    for module in peer.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.0)
            torch.nn.init.uniform_(module.bias, -0.1, 0.1)
    return peer


class InitialWeights(ProgramTest):
    def setUp(self):
        super().setUp()
        write_pictures(self.folder / "source")
        self.data = self.folder / "data"
        packed = run_pack("folder", self.folder / "source", "-o", self.data)
        self.assertEqual(packed.returncode, 0, packed.stderr)
        self.weights = self.folder / "torchvision.safetensors"

    def train_one_idle_step(self, name):
        """A learning rate so small that no weight changes; running statistics do."""
        run = self.folder / name
        result = run_hpctrain("--data", self.data, "--model", "resnet18", "--model.init", self.weights, "--batch", "12",
                              "--train.steps", "1", "--lr", "1e-30", "--optim.weight-decay", "0", "--out", run, ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        return run, result.stderr

    def export(self, run):
        result = subprocess.run([HPCTRAIN, "export", run, "-o", self.folder / "out.safetensors"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return load_file(self.folder / "out.safetensors")

    def test_torchvision_weights_come_in_and_go_out_with_equal_answers(self):
        save_file(make_peer(CLASSES).state_dict(), self.weights)
        run, _ = self.train_one_idle_step("run")
        exported = self.export(run)
        given = load_file(self.weights)
        self.assertEqual(set(exported), set(given))
        for name, tensor in given.items():
            if "running_" not in name and not name.endswith("num_batches_tracked"):
                self.assertTrue(torch.equal(exported[name], tensor), name)
        peer = make_peer(CLASSES)
        peer.load_state_dict(exported, strict=True)
        self.compare_answers(run, peer.eval())

    def compare_answers(self, run, peer):
        pictures = sorted((self.folder / "source").glob("*/*.png"))
        result = subprocess.run([HPCTRAIN, "predict", run, *pictures, "-o", self.folder / "answers"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.folder / "answers" / "predictions.csv") as table:
            ours = {(row["image"], int(row["label"])): float(row["probability"]) for row in csv.DictReader(table)}
        info = subprocess.run([PACK, "info", self.data, "--json"], capture_output=True, text=True).stdout
        image = json.loads(info)["fields"]["image"]
        mean, std = (torch.tensor(image[key], dtype=torch.float64) for key in ("mean", "std"))
        compared = 0
        for picture in pictures:
            pixels = torch.from_numpy(numpy.asarray(Image.open(picture)).astype(numpy.float64))
            with torch.no_grad():
                logits = peer(((pixels - mean) / std).float().permute(2, 0, 1).unsqueeze(0))
            for label, probability in enumerate(logits.double().softmax(1)[0].tolist()):
                self.assertAlmostEqual(ours[picture.name, label], probability, delta=1e-5)
                compared += 1
        self.assertEqual(compared, len(ours))

    def test_files_older_than_the_counter_of_batches_are_taken(self):
        state = make_peer(CLASSES).state_dict()
        older = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
        self.assertLess(len(older), len(state))
        save_file(older, self.weights)
        run, log = self.train_one_idle_step("run")
        self.assertIn(f"took {len(older)} tensors", log)
        exported = self.export(run)
        self.assertEqual(set(exported), set(state))
        self.assertTrue(torch.equal(exported["layer4.1.conv2.weight"], state["layer4.1.conv2.weight"]))
        self.assertEqual(exported["bn1.num_batches_tracked"].item(), 1)

    def test_a_head_of_another_size_starts_afresh_and_the_run_says_so(self):
        save_file(make_peer(1000).state_dict(), self.weights)
        run, log = self.train_one_idle_step("run")
        self.assertIn("fc.weight starts from random values: the file has [1000, 512], not [3, 512]", log)
        exported = self.export(run)
        self.assertEqual(tuple(exported["fc.weight"].shape), (CLASSES, 512))
        self.assertTrue(torch.equal(exported["layer4.1.conv2.weight"], load_file(self.weights)["layer4.1.conv2.weight"]))

    def test_weights_of_another_network_are_refused(self):
        save_file(torchvision.models.resnet34(weights=None, num_classes=CLASSES).state_dict(), self.weights)
        result = run_hpctrain("--data", self.data, "--model", "resnet18", "--model.init", self.weights, "--batch", "12",
                              "--out", self.folder / "run", ranks=2)
        self.assert_refused(result, 64, "model.init", "layer1.2")
        self.weights.write_bytes(b"no safetensors at all")
        result = run_hpctrain("--data", self.data, "--model", "resnet18", "--model.init", self.weights, "--batch", "12",
                              "--out", self.folder / "other")
        self.assert_refused(result, 65, str(self.weights))


if __name__ == "__main__":
    unittest.main()
