"""Rates of the loaders that people use instead, on the samples of one folder; run by compare_data.py.

    data_peer.py PEER rows|pictures FOLDER

Rows: the packed data set itself is the source. Pictures: FOLDER/pictures holds JPEG files in a folder for each class; a
random part of each, 8 to 100 % of its area, is decoded and brought to 224×224. Prints one JSON object; exits with 3 when
the peer is not installed. What a peer makes for itself it keeps in FOLDER.
"""
import importlib.util
import json
import pathlib
import sys
import time

import h5py
import numpy
import torch
import torchvision

BATCH = 128
THREADS = 2
SIDE = 224
CROP = torchvision.transforms.RandomResizedCrop(SIDE)
NEEDS = {"ffcv": "ffcv", "webdataset": "webdataset", "streaming": "streaming", "dataloader": "torch"}
NOT_INSTALLED = 3


class Rows(torch.utils.data.Dataset):
    """Out of the packed shards, through h5py."""

    def __init__(self, folder):
        self.files = [h5py.File(path) for path in sorted((folder / "shards").glob("*.h5"))]
        self.images = [file["fields/image/data"] for file in self.files]
        self.labels = [file["fields/label/data"] for file in self.files]
        self.per_shard = len(self.images[0])

    def __len__(self):
        return sum(len(images) for images in self.images)

    def __getitem__(self, row):
        shard, row = divmod(row, self.per_shard)
        return self.images[shard][row], self.labels[shard][row]


class Pictures(torchvision.datasets.ImageFolder):
    def __init__(self, folder, transform=None):
        super().__init__(folder / "pictures", transform)


def crop_picture(picture):
    return numpy.asarray(CROP(picture))


def make_dataloader(kind, folder):
    if kind == "rows":  # h5py in several processes gives wrong bytes
        return torch.utils.data.DataLoader(Rows(folder), batch_size=BATCH, shuffle=True)
    return torch.utils.data.DataLoader(Pictures(folder, crop_picture), batch_size=BATCH, shuffle=True,
                                       num_workers=THREADS)


def make_ffcv(kind, folder):
    from ffcv.fields import IntField, NDArrayField, RGBImageField
    from ffcv.fields.decoders import IntDecoder, NDArrayDecoder, RandomResizedCropRGBImageDecoder
    from ffcv.loader import Loader, OrderOption
    from ffcv.writer import DatasetWriter

    file = folder / f"{kind}.beton"
    if not file.exists():
        source = Rows(folder) if kind == "rows" else Pictures(folder)
        image = (NDArrayField(numpy.dtype("uint8"), source[0][0].shape) if kind == "rows"
                 else RGBImageField(write_mode="jpg", jpeg_quality=90))
        DatasetWriter(str(file), {"image": image, "label": IntField()}, num_workers=1).from_indexed_dataset(source)
    decoder = NDArrayDecoder() if kind == "rows" else RandomResizedCropRGBImageDecoder((SIDE, SIDE))
    return Loader(str(file), batch_size=BATCH, num_workers=THREADS, order=OrderOption.RANDOM, os_cache=True,
                  pipelines={"image": [decoder], "label": [IntDecoder()]})


def make_webdataset(kind, folder):
    import webdataset

    pattern, per_file = folder / f"{kind}-%04d.tar", 2000
    source = Rows(folder) if kind == "rows" else Pictures(folder)
    if not list(folder.glob(f"{kind}-*.tar")):
        with webdataset.ShardWriter(str(pattern), maxcount=per_file, verbose=0) as writer:
            for i in range(len(source)):
                image = source[i][0].tobytes() if kind == "rows" else pathlib.Path(source.samples[i][0]).read_bytes()
                label = int(source[i][1]) if kind == "rows" else source.samples[i][1]
                writer.write({"__key__": f"{i:08}", "image": image, "label": str(label).encode()})
    files = sorted(map(str, folder.glob(f"{kind}-*.tar")))

    def decode(sample):
        if kind == "rows":
            return numpy.frombuffer(sample["image"], numpy.uint8), int(sample["label"])
        import io

        from PIL import Image
        return crop_picture(Image.open(io.BytesIO(sample["image"])).convert("RGB")), int(sample["label"])

    data = webdataset.WebDataset(files, shardshuffle=len(files)).shuffle(1000).map(decode).batched(BATCH)
    return webdataset.WebLoader(data, batch_size=None, num_workers=min(THREADS, len(files)))


def make_streaming(kind, folder):
    from streaming import MDSWriter, StreamingDataset

    out = folder / f"{kind}-mds"
    if not out.exists():
        source = Rows(folder) if kind == "rows" else Pictures(folder)
        with MDSWriter(out=str(out), columns={"image": "bytes", "label": "int"}) as writer:
            for i in range(len(source)):
                image = source[i][0].tobytes() if kind == "rows" else pathlib.Path(source.samples[i][0]).read_bytes()
                writer.write({"image": image,
                              "label": int(source[i][1]) if kind == "rows" else source.samples[i][1]})

    class Decoded(StreamingDataset):
        def __getitem__(self, row):
            sample = super().__getitem__(row)
            if kind == "rows":
                return numpy.frombuffer(sample["image"], numpy.uint8), sample["label"]
            import io

            from PIL import Image
            return crop_picture(Image.open(io.BytesIO(sample["image"])).convert("RGB")), sample["label"]

    data = Decoded(local=str(out), shuffle=True, batch_size=BATCH)
    return torch.utils.data.DataLoader(data, batch_size=BATCH, num_workers=THREADS)


def rate(loader, most_seconds):
    """Samples per second of an epoch, or of as much of it as fits into the time."""
    began, seen = time.perf_counter(), 0
    for images, _ in loader:
        seen += len(images)
        if time.perf_counter() - began > most_seconds:
            break
    return seen / (time.perf_counter() - began)


def main():
    peer, kind, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    if importlib.util.find_spec(NEEDS[peer]) is None:
        sys.exit(NOT_INSTALLED)
    makers = {"ffcv": make_ffcv, "webdataset": make_webdataset, "streaming": make_streaming,
              "dataloader": make_dataloader}
    loader = makers[peer](kind, folder)
    rates = [rate(loader, 5) for _ in range(6 if peer == "ffcv" else 2)]
    print(json.dumps({"first_epoch": rates[0], "best": max(rates[1:])}))


if __name__ == "__main__":
    main()
