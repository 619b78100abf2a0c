"""The networks that peers train: those of hpctrain under the same names of parameters, made of torch's own modules."""
import torch
import torchvision
from torch import nn


class SmallConvnet(nn.Module):
    """For grey images of 28×28 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 7 * 7, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = torch.max_pool2d(torch.relu(self.conv1(images)), 2)
        features = torch.max_pool2d(torch.relu(self.conv2(features)), 2)
        return self.fc(features.flatten(1))


def make_resnet18() -> nn.Module:
    """With the small stem, for colour images of 32×32 pixels."""
    network = torchvision.models.resnet18(weights=None, num_classes=10)
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    network.maxpool = nn.Identity()
    return network


NETWORKS = {"small-convnet": SmallConvnet, "resnet18": make_resnet18}


def make_network(name: str, seed: int = 1) -> nn.Module:
    torch.manual_seed(seed)
    return NETWORKS[name]()
