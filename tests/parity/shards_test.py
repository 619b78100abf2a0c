"""h5py reads the shards and finds the bytes of the source."""
import gzip
import json
import pathlib
import unittest

import h5py
import numpy
from hpctrain_test import ProgramTest, run_pack

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")


def read_idx(path: pathlib.Path, header: int) -> numpy.ndarray:
    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


class ShardsTest(ProgramTest):
    def test_every_record_of_fashion_mnist_has_the_bytes_of_the_source(self):
        out = self.folder / "dataset"
        result = run_pack("idx", SOURCE, "-o", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        images = numpy.concatenate([read_idx(SOURCE / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
                                    for part in ("train", "t10k")])
        labels = numpy.concatenate([read_idx(SOURCE / f"{part}-labels-idx1-ubyte.gz", 8) for part in ("train", "t10k")])
        seen = numpy.zeros(70000, bool)
        samples_of_split = {"train": 0, "test": 0}
        shards = sorted((out / "shards").glob("*.h5"))
        with h5py.File(out / "manifest.h5") as manifest:
            splits = {name: (int(group.attrs["first_shard"]), int(group.attrs["shard_count"]))
                      for name, group in manifest["splits"].items()}
        for number, path in enumerate(shards):
            with h5py.File(path) as shard:
                ids = shard["sample_id"][:]
                numpy.testing.assert_array_equal(shard["fields/image/data"][:], images[ids])
                numpy.testing.assert_array_equal(shard["fields/label/data"][:], labels[ids])
                self.assertIsNone(shard["fields/image/data"].chunks)
                self.assertEqual(int(shard.attrs["complete"]), 1)
            self.assertFalse(seen[ids].any())
            seen[ids] = True
            split = next(name for name, (first, count) in splits.items() if first <= number < first + count)
            samples_of_split[split] += len(ids)
            self.assertTrue(((ids < 60000) == (split == "train")).all())
        self.assertTrue(seen.all())
        self.assertEqual(samples_of_split, {"train": 60000, "test": 10000})

    def test_info_and_verify_speak_json(self):
        out = self.folder / "dataset"
        self.assertEqual(run_pack("idx", SOURCE, "-o", out).returncode, 0)
        info = json.loads(run_pack("info", out, "--json").stdout)
        self.assertIn("splits", info)
        verified = run_pack("verify", out, "--json")
        self.assertEqual(verified.returncode, 0, verified.stderr)
        json.loads(verified.stdout)
        shard = sorted((out / "shards").glob("*.h5"))[0]
        damaged = bytearray(shard.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        shard.write_bytes(damaged)
        broken = run_pack("verify", out)
        self.assertEqual(broken.returncode, 65)
        self.assertIn(shard.name, broken.stdout + broken.stderr)

    def test_packing_twice_gives_the_same_bytes(self):
        import os
        os.environ["SOURCE_DATE_EPOCH"] = "0"
        self.addCleanup(os.environ.pop, "SOURCE_DATE_EPOCH")
        folders = [self.folder / "one", self.folder / "two"]
        for folder in folders:
            self.assertEqual(run_pack("idx", SOURCE, "-o", folder).returncode, 0)
        for path in folders[0].rglob("*.h5"):
            self.assertEqual(path.read_bytes(), (folders[1] / path.relative_to(folders[0])).read_bytes(), path.name)


if __name__ == "__main__":
    unittest.main()
