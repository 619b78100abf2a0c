"""Rates of FFCV and of torch's DataLoader over h5py on the rows of one packed data set; run by compare_data.py."""

import glob
import json
import os
import sys
import time

import h5py
import numpy
import torch

BATCH = 128
THREADS = 2


class Rows(torch.utils.data.Dataset):
    def __init__(self, folder):
        self.files = [h5py.File(path) for path in sorted(glob.glob(os.path.join(folder, "shards", "*.h5")))]
        self.images = [file["fields/image/data"] for file in self.files]
        self.labels = [file["fields/label/data"] for file in self.files]
        self.per_shard = len(self.images[0])

    def __len__(self):
        return sum(len(images) for images in self.images)

    def __getitem__(self, row):
        shard, row = divmod(row, self.per_shard)
        return self.images[shard][row], self.labels[shard][row]


def ffcv_loader(rows, file):
    from ffcv.fields import IntField, NDArrayField
    from ffcv.fields.decoders import IntDecoder, NDArrayDecoder
    from ffcv.loader import Loader, OrderOption
    from ffcv.writer import DatasetWriter

    if not os.path.exists(file):
        shape = rows[0][0].shape
        fields = {"image": NDArrayField(numpy.dtype("uint8"), shape), "label": IntField()}
        DatasetWriter(file, fields, num_workers=1).from_indexed_dataset(rows)
    return Loader(file, batch_size=BATCH, num_workers=THREADS, order=OrderOption.RANDOM, os_cache=True,
                  pipelines={"image": [NDArrayDecoder()], "label": [IntDecoder()]})


def rate(loader, samples, most_seconds):
    """Samples per second of an epoch, or of as much of it as fits into the time."""
    began, seen = time.perf_counter(), 0
    for images, _ in loader:
        seen += len(images)
        if time.perf_counter() - began > most_seconds:
            break
    return seen / (time.perf_counter() - began)


def main():
    peer, folder = sys.argv[1:3]
    rows = Rows(folder)
    if peer == "ffcv":
        loader, rounds = ffcv_loader(rows, os.path.join(folder, "rows.beton")), 6
    else:
        loader, rounds = torch.utils.data.DataLoader(rows, batch_size=BATCH, shuffle=True), 2
    rates = [rate(loader, len(rows), 5) for _ in range(rounds)]
    print(json.dumps({"first_epoch": rates[0], "best": max(rates[1:])}))


main()
