"""The peer of `hpctrain bench comm`: all-reduces over gloo. Started by torchrun; rank zero prints one JSON line."""
import argparse
import json
import os
import statistics
import time

import torch
import torch.distributed as dist


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bytes", type=int, default=45_000_000)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    values = torch.empty(options.bytes // 4)
    seconds = []
    for _ in range(1 + options.rounds):
        values.fill_(dist.get_rank() + 1)
        dist.barrier()
        start = time.perf_counter()
        dist.all_reduce(values)
        seconds.append(time.perf_counter() - start)
    world = dist.get_world_size()
    is_right = bool(values.eq(world * (world + 1) / 2).all())
    if dist.get_rank() == 0:
        print(json.dumps({"seconds": statistics.median(seconds[1:]), "is_right": is_right}))
    dist.destroy_process_group()
    os._exit(0)  # as ddp_peer.py


if __name__ == "__main__":
    main()
