"""Networks beside torchvision's, and beside references written here from the papers: same weights, same images, same
answers, gradients and running statistics."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import nn

PROBE = pathlib.Path(os.environ["HPCTRAIN_BIN"]) / "network_probe"
TORCHVISION = {"efficientnet-b0": "efficientnet_b0", "mobilenet-v3-small": "mobilenet_v3_small"}


class WideBlock(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.convShortcut = nn.Conv2d(channels, width, 1, stride, bias=False) if channels != width else None

    def forward(self, x):
        activated = torch.relu(self.bn1(x))
        residual = self.conv2(torch.relu(self.bn2(self.conv1(activated))))
        return residual + (x if self.convShortcut is None else self.convShortcut(activated))


class WideStage(nn.Module):
    def __init__(self, blocks, channels, width, stride):
        super().__init__()
        self.layer = nn.Sequential(*(WideBlock(width if i else channels, width, 1 if i else stride) for i in range(blocks)))

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    """Zagoruyko and Komodakis 2016."""

    def __init__(self, depth, width, channels):
        super().__init__()
        n = (depth - 4) // 6
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False)
        self.pool = nn.Identity()
        self.block1 = WideStage(n, 16, 16 * width, 1)
        self.block2 = WideStage(n, 16 * width, 32 * width, 2)
        self.block3 = WideStage(n, 32 * width, 64 * width, 2)
        self.bn1 = nn.BatchNorm2d(64 * width)
        self.fc = nn.Linear(64 * width, 10)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.pool(self.conv1(x)))))
        return self.fc(nn.functional.adaptive_avg_pool2d(torch.relu(self.bn1(x)), 1).flatten(1))


def leaky(x):
    return nn.functional.leaky_relu(x, 0.1)


class SpatialHead(nn.Module):
    def __init__(self, landmarks):
        super().__init__()
        self.local = nn.Conv2d(128, landmarks, 1)
        sizes = [(landmarks, 128), (128, 128), (128, 128), (128, landmarks)]
        self.spatial = nn.ModuleList(nn.Conv2d(*size, 11, padding="same") for size in sizes)


class SpatialConfigurationNet(nn.Module):
    """Payer et al. 2019."""

    def __init__(self, channels, landmarks):
        super().__init__()
        convolution = lambda: nn.Conv2d(128, 128, 3, padding=1)
        self.stem = nn.Conv2d(channels, 128, 3, padding=1)
        self.down = nn.ModuleList(convolution() for _ in range(6))
        self.bottleneck = nn.ModuleList(convolution() for _ in range(2))
        self.up = nn.ModuleList(convolution() for _ in range(3))
        self.head = SpatialHead(landmarks)

    def forward(self, x):
        x, skips = leaky(self.stem(x)), []
        for level in range(3):
            x = leaky(self.down[2 * level + 1](leaky(self.down[2 * level](x))))
            skips.append(x)
            x = nn.functional.avg_pool2d(x, 2)
        x = leaky(self.bottleneck[1](leaky(self.bottleneck[0](x))))
        for level in reversed(range(3)):
            enlarged = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = enlarged + leaky(self.up[level](skips[level]))
        local = self.head.local(x)
        spatial = nn.functional.avg_pool2d(local, 16)
        for layer in self.head.spatial[:3]:
            spatial = leaky(layer(spatial))
        spatial = self.head.spatial[3](spatial)
        spatial = nn.functional.interpolate(spatial, scale_factor=16, mode="bicubic", align_corners=False)
        return local * torch.tanh(spatial)


def replace_first_layers(peer, channels):
    """What model.stem small is, as somebody with torchvision would write it."""
    if hasattr(peer, "features"):
        first = peer.features[0][0]
        peer.features[0][0] = nn.Conv2d(channels, first.out_channels, 3, stride=1, padding=1, bias=False)
    else:
        peer.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        peer.maxpool = nn.Identity()


def make_network(name, stem, channels):
    if name == "scn":
        return SpatialConfigurationNet(channels, 19)
    if name.startswith("wrn"):
        peer = WideResNet(*map(int, name.split("-")[1:]), channels)
        if stem == "imagenet":
            peer.conv1, peer.pool = nn.Conv2d(3, 16, 7, 2, 3, bias=False), nn.MaxPool2d(3, 2, 1)
        return peer
    peer = getattr(torchvision.models, TORCHVISION.get(name, name))(weights=None, num_classes=10)
    if stem == "small":
        replace_first_layers(peer, channels)
    return peer


def make_peer(name, stem, channels, is_training):
    """With weights and running statistics that are neither 0 nor 1, and nothing left out at random."""
    torch.manual_seed(5)
    peer = make_network(name, stem, channels)
    for module in peer.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low, high in ((module.weight, 0.5, 1.0), (module.bias, -0.1, 0.1),
                                      (module.running_mean, -0.1, 0.1), (module.running_var, 0.8, 1.5)):
                nn.init.uniform_(tensor, low, high)
        elif isinstance(module, (nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
        elif isinstance(module, nn.Linear):
            nn.init.uniform_(module.bias, -0.1, 0.1)
    return peer.train(is_training)


def run_ours(name, stem, mode, weights, images, upstream):
    with tempfile.TemporaryDirectory() as folder:
        given, found = pathlib.Path(folder) / "in.safetensors", pathlib.Path(folder) / "out.safetensors"
        save_file({**weights, "probe.images": images, "probe.upstream": upstream}, given)
        subprocess.run([PROBE, name, stem, mode, given, found], check=True, timeout=300)
        return load_file(found)


class NetworkParity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)

    def compare(self, name, stem, channels, size, parameters=None, is_training=False):
        """In training mode in float64: batch statistics of few values make float32 a matter of luck."""
        number = torch.float64 if is_training else torch.float32
        peer = make_peer(name, stem, channels, is_training).to(number)
        if parameters is not None:
            self.assertEqual(sum(parameter.numel() for parameter in peer.parameters()), parameters)
        images = torch.randn(2 + 2 * is_training, channels, *size, dtype=number)
        given = images.clone().requires_grad_()
        weights = {name: tensor.clone() for name, tensor in peer.state_dict().items()}
        answer = peer(given.expand(-1, 3, -1, -1) if stem == "imagenet" and channels == 1 and name != "scn" else given)
        upstream = torch.randn_like(answer)
        answer.backward(upstream)
        ours = run_ours(name, stem, "train" if is_training else "eval", weights, images, upstream)
        self.assert_close("output", ours["output"], answer.detach(), 1e-5)
        self.assert_close("gradient.images", ours["gradient.images"], given.grad, 1e-4)
        for key, parameter in peer.named_parameters():
            self.assert_close(key, ours["gradient." + key], parameter.grad, 1e-4)
        for key, buffer in peer.named_buffers():
            self.assert_close(key, ours["buffer." + key].to(number), buffer.to(number), 1e-5)

    def assert_close(self, name, found, expected, tolerance):
        self.assertEqual(found.shape, expected.shape, name)
        self.assertEqual(found.dtype, expected.dtype, name)
        scale = expected.abs().max().item()
        self.assertLessEqual((found - expected).abs().max().item(), tolerance * max(scale, 1e-3), name)

    def test_resnet18_with_the_imagenet_stem(self):
        self.compare("resnet18", "imagenet", 3, (64, 48))

    def test_a_grey_image_equals_three_equal_channels(self):
        self.compare("resnet18", "imagenet", 1, (64, 64))

    def test_resnet18_with_the_small_stem_while_training(self):
        self.compare("resnet18", "small", 2, (16, 16), is_training=True)

    def test_resnet50(self):
        self.compare("resnet50", "imagenet", 3, (64, 64))

    def test_resnet152(self):
        self.compare("resnet152", "imagenet", 3, (32, 32), parameters=58_164_298)

    def test_efficientnet_b0(self):
        self.compare("efficientnet-b0", "imagenet", 3, (64, 64), parameters=4_020_358)

    def test_efficientnet_b0_while_training(self):
        self.compare("efficientnet-b0", "imagenet", 1, (48, 64), is_training=True)

    def test_efficientnet_b0_with_the_small_stem(self):
        self.compare("efficientnet-b0", "small", 1, (32, 32))

    def test_mobilenet_v3_small(self):
        self.compare("mobilenet-v3-small", "imagenet", 3, (64, 64), parameters=1_528_106)

    def test_mobilenet_v3_small_while_training(self):
        self.compare("mobilenet-v3-small", "imagenet", 1, (64, 64), is_training=True)

    def test_mobilenet_v3_small_with_the_small_stem(self):
        self.compare("mobilenet-v3-small", "small", 4, (32, 32))

    def test_wide_resnets_of_several_depths_and_widths(self):
        for name, size in (("wrn-10-1", (16, 16)), ("wrn-16-4", (16, 12)), ("wrn-22-2", (9, 9))):
            with self.subTest(name):
                self.compare(name, "small", 3, size)

    def test_wide_resnet_28_2_while_training(self):
        self.compare("wrn-28-2", "small", 3, (16, 16), parameters=1_467_610, is_training=True)

    def test_a_wide_resnet_with_the_imagenet_stem(self):
        self.compare("wrn-16-2", "imagenet", 1, (40, 48))

    def test_spatial_configuration_net(self):
        self.compare("scn", "imagenet", 1, (32, 48), parameters=6_181_030)


if __name__ == "__main__":
    unittest.main()
