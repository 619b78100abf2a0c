"""What tests of hpctrain-pack share: making sources, packing them as a user would, reading shards with h5py alone."""
import h5py
import numpy as np
from PIL import Image

from hpctrain_test import ProgramTest, run_pack


def noise(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def read_records(dataset):
    """Field -> rows in the order of the sample ids; and the splits' sizes."""
    rows, ids = {}, []
    for path in sorted((dataset / "shards").iterdir()):
        with h5py.File(path) as shard:
            ids.append(shard["sample_id"][:])
            for name, field in shard["fields"].items():
                rows.setdefault(name, []).append(read_rows(field))
    order = np.argsort(np.concatenate(ids))
    with h5py.File(dataset / "manifest.h5") as manifest:
        splits = {name: int(split.attrs["num_samples"]) for name, split in manifest["splits"].items()}
    return {name: np.concatenate(parts)[order] for name, parts in rows.items()}, splits


def read_rows(field):
    """Of a dense field, its rows; of an encoded one, an array of bytes objects."""
    if "data" in field:
        return field["data"][:]
    data, offsets = field["bytes"][:].tobytes(), field["offsets"][:]
    rows = np.empty(len(offsets) - 1, dtype=object)
    rows[:] = [data[begin:end] for begin, end in zip(offsets[:-1], offsets[1:])]
    return rows


class PackTest(ProgramTest):
    def pack(self, kind, source, *options):
        result = run_pack(kind, source, "-o", self.folder / "packed", *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return (*read_records(self.folder / "packed"), result.stdout)

    def ids_of(self, split, packed="packed"):
        """Sample ids of one split, in packed order."""
        with h5py.File(self.folder / packed / "manifest.h5") as manifest:
            place, paths = dict(manifest["splits"][split].attrs), manifest["shards/path"][:]
        ids = []
        for path in paths[place["first_shard"]:place["first_shard"] + place["shard_count"]]:
            with h5py.File(self.folder / packed / path.decode()) as shard:
                ids += shard["sample_id"][:].tolist()
        return ids

    def assert_pack_refused(self, code, words, kind, source, *options):
        result = run_pack(kind, source, "-o", self.folder / "packed", *options)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assert_refused(result, code, *words)
        self.assertFalse((self.folder / "packed").exists())

    def save(self, name, pixels, **options):
        path = self.folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, **options)
        return path
