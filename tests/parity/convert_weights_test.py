"""Weights go from torchvision's .pth through scripts/convert_weights.py into a run and back, value for value."""
import contextlib
import importlib.util
import io
import os
import pathlib
import random
import subprocess
import sys
import unittest

import numpy
import torch
import torchvision
from hpctrain_test import HPCTRAIN, ProgramTest, run_hpctrain, run_pack
from PIL import Image
from safetensors.torch import load_file

SCRIPT = pathlib.Path(os.environ["HPCTRAIN_SOURCE"]) / "scripts/convert_weights.py"
SIDE, CLASSES = 32, 3


def load_script():
    """As a module: a program would load torch anew each time."""
    spec = importlib.util.spec_from_file_location("convert_weights", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()


def run_script(source, target):
    return subprocess.run([sys.executable, SCRIPT, source, target], capture_output=True, text=True, timeout=120)


class NoTensor:
    """A Python object that a weights file must not hold."""


class ConvertWeights(ProgramTest):
    def setUp(self):
        super().setUp()
        self.pth, self.safe = self.folder / "in.pth", self.folder / "in.safetensors"

    def converted(self, source, target):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            script.convert(source, target)
        return said.getvalue()

    def assert_same(self, found, expected):
        self.assertEqual(list(found), list(expected))
        for name, tensor in expected.items():
            self.assertEqual(found[name].dtype, tensor.dtype, name)
            self.assertTrue(torch.equal(found[name], tensor), name)

    def pack_pictures(self):
        generator = random.Random(1)
        for label in range(CLASSES):
            folder = self.folder / "source" / f"class{label}"
            folder.mkdir(parents=True)
            for i in range(4):
                pixels = numpy.frombuffer(generator.randbytes(SIDE * SIDE * 3), numpy.uint8)
                Image.fromarray(pixels.reshape(SIDE, SIDE, 3)).save(folder / f"{i}.png")
        packed = run_pack("folder", self.folder / "source", "-o", self.folder / "data")
        self.assertEqual(packed.returncode, 0, packed.stderr)
        return self.folder / "data"

    def test_torchvisions_weights_go_into_a_run_and_come_back(self):
        torch.manual_seed(1)
        peer = torchvision.models.mobilenet_v3_small(weights=None, num_classes=CLASSES)
        torch.save(peer.state_dict(), self.pth)
        result = run_script(self.pth, self.safe)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("244 tensors", result.stdout)
        run = self.folder / "run"
        result = run_hpctrain("--data", self.pack_pictures(), "--model", "mobilenet-v3-small", "--model.init", self.safe,
                              "--batch", "12", "--train.steps", "1", "--lr", "1e-30", "--optim.weight-decay", "0",
                              "--out", run)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("took 244 tensors", result.stderr)
        out = self.folder / "out.safetensors"
        exported = subprocess.run([HPCTRAIN, "export", run, "-o", out], capture_output=True, text=True)
        self.assertEqual(exported.returncode, 0, exported.stderr)
        self.converted(out, self.folder / "out.pth")
        back = torch.load(self.folder / "out.pth", weights_only=True)
        other = torchvision.models.mobilenet_v3_small(weights=None, num_classes=CLASSES)
        other.load_state_dict(back, strict=True)
        parameters = dict(other.named_parameters())
        for name, parameter in peer.named_parameters():
            # The smallest rate moves a zero, and nothing else.
            self.assertLessEqual((parameters[name] - parameter).abs().max().item(), 1e-25, name)

    def test_every_number_format_survives_both_ways(self):
        formats = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8,
                   torch.bool)
        tensors = {str(number): torch.arange(6).reshape(2, 3).to(number) for number in formats} | {"scalar": torch.tensor(3)}
        torch.save(tensors, self.pth)
        self.converted(self.pth, self.safe)
        self.assert_same(dict(sorted(load_file(self.safe).items())), dict(sorted(tensors.items())))
        self.converted(self.safe, self.folder / "out.pth")
        back = torch.load(self.folder / "out.pth", weights_only=True)
        self.assert_same(dict(sorted(back.items())), dict(sorted(tensors.items())))

    def test_checkpoints_shared_memory_and_wrapped_names_are_understood(self):
        base = torch.arange(6.0)
        torch.save({"epoch": 3, "state_dict": {"module.a": base[:3], "module.b": base.view(2, 3).t()}}, self.pth)
        said = self.converted(self.pth, self.safe)
        self.assertIn('under "state_dict"', said)
        self.assertIn('"module." off', said)
        found = load_file(self.safe)
        self.assert_same(dict(sorted(found.items())), {"a": base[:3], "b": base.view(2, 3).t()})

    def test_what_is_wrong_is_said_in_one_line_and_leaves_nothing(self):
        torch.save({"a": torch.zeros(2)}, self.pth)
        objects, number, empty, broken, torn = (self.folder / f"{name}.pth" for name in "onebt")
        torch.save({"a": NoTensor()}, objects)
        torch.save({"a": torch.zeros(2), "lr": 0.1}, number)
        torch.save({}, empty)
        broken.write_bytes(b"no zip archive")
        torn.write_bytes(self.pth.read_bytes()[:200])
        garbage = self.folder / "garbage.safetensors"
        garbage.write_bytes(b"\xff" * 64)
        target = self.folder / "target.safetensors"
        for source, into, words in ((objects, target, ("o.pth", "state_dict()")),
                                    (number, target, ("'lr'", "float", "state_dict()")),
                                    (empty, target, ("no tensors",)),
                                    (broken, target, ("b.pth",)),
                                    (torn, target, ("t.pth",)),
                                    (self.folder / "none.pth", target, ("no such file",)),
                                    (garbage, self.folder / "target.pth", ("garbage.safetensors",)),
                                    (self.pth, self.folder / "target.bin", (".safetensors",)),
                                    (self.pth, self.folder / "no" / "t.safetensors", ("cannot be written",))):
            with self.subTest(source=source.name, into=into.name):
                with self.assertRaises(script.Refusal) as refusal:
                    script.convert(source, into)
                text = str(refusal.exception)
                self.assertEqual(len(text.splitlines()), 1, text)
                for word in words:
                    self.assertIn(word, text)
                self.assertFalse(into.exists())
        result = run_script(objects, target)
        self.assertEqual(result.returncode, 65)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertEqual(list(self.folder.glob(".*")), [])


if __name__ == "__main__":
    unittest.main()
