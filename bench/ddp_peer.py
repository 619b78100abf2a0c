"""The peer: a network trained with PyTorch DistributedDataParallel over gloo.

Started by torchrun. Same network, batch, optimizer and images as hpctrain; images are in memory, so that only the
training engine is compared. With --weights and --audit it starts from the same parameters and takes the same samples in
the same order. Rank zero prints one JSON line.
"""
import argparse
import gzip
import json
import os
import pathlib
import time

import numpy
import torch
import torch.distributed as dist
from networks import NETWORKS, make_network
from safetensors.torch import load_file
from torch import nn
from torch.nn.parallel import DistributedDataParallel

CIFAR_RECORD_BYTES = 1 + 3 * 32 * 32


def load_images(folder: pathlib.Path) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Training images [N, C, H, W] and labels of a folder in Fashion-MNIST's or CIFAR-10's form."""
    if (folder / "cifar-10-batches-bin").is_dir():
        files = sorted((folder / "cifar-10-batches-bin").glob("data_batch_*.bin"))
        records = numpy.concatenate([numpy.fromfile(file, numpy.uint8).reshape(-1, CIFAR_RECORD_BYTES) for file in files])
        return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        images = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(folder / "train-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    return images, labels


def plan_rows(options: argparse.Namespace, samples: int, rank: int, world: int) -> list[torch.Tensor]:
    """This rank's samples of each step: those of hpctrain's audit, or a shuffled order of its own."""
    steps = options.warm_up + options.steps
    if options.audit:
        lines = (options.audit / f"rank-{rank:05}.jsonl").read_text().splitlines()
        return [torch.tensor(json.loads(line)["ids"]) for line in lines[:steps]]
    order = torch.randperm(samples, generator=torch.Generator().manual_seed(1))[rank::world]
    batch = options.batch_per_rank
    firsts = [step * batch % (len(order) - batch) for step in range(steps)]
    return [order[first : first + batch] for first in firsts]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--model", choices=NETWORKS, default="small-convnet")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--warm-up", type=int, default=20)
    parser.add_argument("--batch-per-rank", type=int, default=32)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--weights", type=pathlib.Path, help="safetensors file to start from")
    parser.add_argument("--audit", type=pathlib.Path, help="audit folder of an hpctrain run of as many ranks")
    parser.add_argument("--no-sync", action="store_true", help="no all-reduce: the ceiling of the engine")
    options = parser.parse_args()

    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    world = dist.get_world_size()
    pixels, classes = load_images(options.source)
    mean = torch.from_numpy(pixels.mean((0, 2, 3), keepdims=True)[0]).float()
    deviation = torch.from_numpy(pixels.std((0, 2, 3), keepdims=True)[0]).float()
    images, labels = torch.from_numpy(pixels.copy()), torch.from_numpy(classes.astype(numpy.int64))
    network = make_network(options.model)
    if options.weights:
        network.load_state_dict(load_file(options.weights))
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    network = network.to(memory_format=layout)
    images = images.contiguous(memory_format=layout)
    model = network if options.no_sync else DistributedDataParallel(network, gradient_as_bucket_view=True)
    optimizer = torch.optim.SGD(model.parameters(), options.lr, 0.9, weight_decay=5e-4, nesterov=True, fused=True)
    first_step_unix = 0.0
    start = 0.0
    losses = []
    for step, rows in enumerate(plan_rows(options, len(labels), rank, world)):
        if step == options.warm_up:
            dist.barrier()
            start = time.perf_counter()
        inputs = images[rows].float().sub_(mean).div_(deviation)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(inputs), labels[rows])
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        if step == 0:
            first_step_unix = time.time()
    dist.barrier()
    seconds = time.perf_counter() - start
    mean_losses = torch.stack(losses)
    dist.all_reduce(mean_losses)
    if rank == 0:
        print(json.dumps({"samples_per_second": options.steps * options.batch_per_rank * world / seconds,
                          "step_seconds": seconds / options.steps, "first_step_unix": first_step_unix,
                          "losses": (mean_losses / world).tolist()}))
    dist.destroy_process_group()
    os._exit(0)  # gloo's threads make an orderly exit take seconds, which would blur the alternation


if __name__ == "__main__":
    main()
