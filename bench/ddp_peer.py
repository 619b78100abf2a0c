"""The peer: the small convolutional network trained with PyTorch DistributedDataParallel over gloo.

Started by torchrun. Same network, batch, optimizer and images as `hpctrain --model small-convnet`; images are in memory,
so that only the training engine is compared. Rank zero prints one JSON line.
"""
import argparse
import gzip
import json
import os
import time

import numpy
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


class SmallConvnet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 7 * 7, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = torch.max_pool2d(torch.relu(self.conv1(images)), 2)
        features = torch.max_pool2d(torch.relu(self.conv2(features)), 2)
        return self.fc(features.flatten(1))


def load_images(folder: str) -> tuple[torch.Tensor, torch.Tensor]:
    with gzip.open(f"{folder}/train-images-idx3-ubyte.gz") as file:
        images = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(f"{folder}/train-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    return torch.from_numpy(images.copy()), torch.from_numpy(labels.astype(numpy.int64))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--warm-up", type=int, default=20)
    parser.add_argument("--batch-per-rank", type=int, default=32)
    parser.add_argument("--no-sync", action="store_true", help="no all-reduce: the ceiling of the engine")
    options = parser.parse_args()

    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    world = dist.get_world_size()
    images, labels = load_images(options.source)
    torch.manual_seed(1)
    network = SmallConvnet()
    model = network if options.no_sync else DistributedDataParallel(network, gradient_as_bucket_view=True)
    optimizer = torch.optim.SGD(model.parameters(), 0.05, 0.9, weight_decay=5e-4, nesterov=True, fused=True)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))[rank::world]
    first_step_unix = 0.0
    start = 0.0
    for step in range(options.warm_up + options.steps):
        if step == options.warm_up:
            dist.barrier()
            start = time.perf_counter()
        first = step * options.batch_per_rank % (len(order) - options.batch_per_rank)
        rows = order[first : first + options.batch_per_rank]
        inputs = images[rows].float().sub_(72.94).div_(90.02)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(inputs), labels[rows])
        loss.backward()
        optimizer.step()
        if step == 0:
            first_step_unix = time.time()
    dist.barrier()
    seconds = time.perf_counter() - start
    if rank == 0:
        rate = options.steps * options.batch_per_rank * world / seconds
        print(json.dumps({"samples_per_second": rate, "first_step_unix": first_step_unix, "loss": loss.item()}))
    dist.destroy_process_group()
    os._exit(0)  # gloo's threads make an orderly exit take seconds, which would blur the alternation


if __name__ == "__main__":
    main()
