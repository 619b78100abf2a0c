"""Residual networks beside torchvision's: same weights, same images, same logits and gradients."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import torch
import torchvision
from safetensors.torch import load_file, save_file

PROBE = pathlib.Path(os.environ["HPCTRAIN_BIN"]) / "network_probe"


def make_peer(name, stem, channels):
    """torchvision's network with weights and running statistics that are neither 0 nor 1."""
    torch.manual_seed(5)
    peer = getattr(torchvision.models, name)(weights=None, num_classes=10)
    if stem == "small":
        peer.conv1 = torch.nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        peer.maxpool = torch.nn.Identity()
    for module in peer.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor, low, high in ((module.weight, 0.5, 1.0), (module.bias, -0.1, 0.1),
                                      (module.running_mean, -0.1, 0.1), (module.running_var, 0.8, 1.5)):
                torch.nn.init.uniform_(tensor, low, high)
    return peer.eval()


def run_ours(name, stem, weights, images, upstream):
    with tempfile.TemporaryDirectory() as folder:
        given, found = pathlib.Path(folder) / "in.safetensors", pathlib.Path(folder) / "out.safetensors"
        save_file({**weights, "probe.images": images, "probe.upstream": upstream}, given)
        subprocess.run([PROBE, name, stem, given, found], check=True, timeout=300)
        return load_file(found)


class ResNetParity(unittest.TestCase):
    def compare(self, name, stem, channels, side):
        peer = make_peer(name, stem, channels)
        images = torch.randn(2, channels, side, side)
        upstream = torch.randn(2, 10)
        ours = run_ours(name, stem, peer.state_dict(), images, upstream)

        images.requires_grad_()
        grey_in_colour = stem == "imagenet" and channels == 1
        logits = peer(images.expand(-1, 3, -1, -1) if grey_in_colour else images)
        logits.backward(upstream)
        self.assert_close("logits", ours["output"], logits.detach(), 1e-5)
        self.assert_close("gradient.images", ours["gradient.images"], images.grad, 1e-4)
        for key, parameter in peer.named_parameters():
            self.assert_close(key, ours["gradient." + key], parameter.grad, 1e-4)

    def assert_close(self, name, found, expected, tolerance):
        self.assertEqual(found.shape, expected.shape, name)
        scale = max(1.0, expected.abs().max().item())
        self.assertLessEqual((found - expected).abs().max().item(), tolerance * scale, name)

    def test_resnet18_with_the_imagenet_stem_equals_torchvision(self):
        self.compare("resnet18", "imagenet", channels=3, side=64)

    def test_a_grey_image_equals_torchvision_on_three_equal_channels(self):
        self.compare("resnet18", "imagenet", channels=1, side=64)

    def test_resnet18_with_the_small_stem_equals_torchvision_with_its_first_layers_replaced(self):
        self.compare("resnet18", "small", channels=2, side=32)

    def test_resnet50_equals_torchvision(self):
        self.compare("resnet50", "imagenet", channels=3, side=64)

    def test_resnet152_equals_torchvision(self):
        self.compare("resnet152", "imagenet", channels=3, side=32)


if __name__ == "__main__":
    unittest.main()
