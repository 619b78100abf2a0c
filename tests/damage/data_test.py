"""Damaged and hostile data sets: never a wrong sample, never a hang, never a file outside."""
import json
import os
import pathlib
import subprocess
import time
import unittest

import h5py
import numpy
from hpctrain_test import BIN, HPCTRAIN, PACK, ProgramTest, make_dataset, run_pack
from packing import PackTest, noise

SECONDS_UNTIL_GONE = 10


def probe(kind: str, dataset: pathlib.Path, count: int, seed: int) -> dict:
    result = subprocess.run([BIN / "damage_probe", kind, dataset, str(count), str(seed)], capture_output=True, text=True,
                            timeout=1500)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return json.loads(result.stdout) | {"stderr": result.stderr}


class DamageTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=60, test=20, side=8)

    def test_no_flipped_bit_changes_a_sample_in_silence(self):
        outcome = probe("flips", self.data, 2000, seed=1)
        self.assertEqual(outcome["silent"], 0, outcome)
        self.assertEqual(outcome["loader_crashed"] + outcome["hung"], 0, outcome)
        self.assertGreater(outcome["refused"], 100)
        self.assertEqual(outcome["same"] + outcome["refused"] + outcome["index_crashed"], 2000)

    def test_no_mutant_hangs_or_reaches_a_rank(self):
        outcome = probe("mutants", self.data, 1500, seed=2)
        self.assertEqual(outcome["silent"] + outcome["loader_crashed"] + outcome["hung"], 0, outcome)
        self.assertLess(outcome["slowest_seconds"], SECONDS_UNTIL_GONE)
        self.assertLess(outcome["most_resident_kib"], 1 << 20)
        self.assertGreater(outcome["refused"], 100)


class EncodedDamageTest(PackTest):
    """JPEG pictures of one size, so that no option is needed to read them."""

    def setUp(self):
        super().setUp()
        for i in range(60):
            self.save(f"{'train' if i % 4 else 'val'}/{'ab'[i % 2]}/{i:02}.png", noise(i, 12, 10, 3))
        self.pack("folder", self.folder / "source", "--store", "jpeg=80", "--size", "10x12")
        self.data = self.folder / "packed"

    def test_no_flipped_bit_of_stored_pictures_changes_a_sample_in_silence(self):
        outcome = probe("flips", self.data, 2000, seed=3)
        self.assertEqual(outcome["silent"], 0, outcome)
        self.assertEqual(outcome["loader_crashed"] + outcome["hung"], 0, outcome)
        self.assertGreater(outcome["refused"], 100)
        self.assertEqual(outcome["same"] + outcome["refused"] + outcome["index_crashed"], 2000)

    def test_no_flipped_bit_of_tables_is_silent(self):
        """Bits all over the dims and offsets of stored pictures, though the loader never reads dims."""
        shard = sorted((self.data / "shards").iterdir())[0]
        sound = shard.read_bytes()
        with h5py.File(shard) as file:
            tables = {name: (file["fields/image"][name].id.get_offset(), file["fields/image"][name].nbytes)
                      for name in ("dims", "offsets")}
        for name, (offset, size) in tables.items():
            for place in range(0, size, 5):
                damaged = bytearray(sound)
                damaged[offset + place] ^= 1 << place % 8
                shard.write_bytes(damaged)
                result = run_pack("index", self.data)
                self.assertEqual(result.returncode, 65, (name, place))
                self.assertIn(shard.name, result.stderr)


def replace_labels(file, **how):
    del file["fields/label/data"]
    return file.create_dataset("fields/label/data", **how)


class HostileTest(ProgramTest):
    """Files that HDF5 itself finds in order, made to lead elsewhere or to say what is not so."""

    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=60, test=20, side=8)
        self.shard = sorted((self.data / "shards").glob("*.h5"))[0]
        self.canary = self.folder / "canary.h5"
        with h5py.File(self.canary, "w") as file:
            file["labels"] = numpy.zeros(60, "<i8")

    def assert_refused_unopened(self, culprit=None, **environment):
        culprit = culprit or self.shard
        trace = self.folder / "trace"
        started = time.monotonic()
        result = subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat,open,execve", "-o", trace, PACK, "index",
                                 self.data], capture_output=True, text=True, timeout=60, env=os.environ | environment)
        self.assertLess(time.monotonic() - started, SECONDS_UNTIL_GONE)
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn(culprit.name, result.stderr)
        opened = trace.read_text()
        self.assertIn(self.data.name, opened)
        self.assertNotIn("canary", opened)

    def rows(self, file):
        return file["fields/label/data"].shape[0]

    def test_external_storage(self):
        with h5py.File(self.shard, "r+") as file:
            rows = self.rows(file)
            replace_labels(file, shape=(rows,), dtype="<i8", external=[(str(self.canary), 0, rows * 8)])
        self.assert_refused_unopened()

    def test_virtual_data_set(self):
        with h5py.File(self.shard, "r+") as file:
            layout = h5py.VirtualLayout((self.rows(file),), "<i8")
            layout[:] = h5py.VirtualSource(str(self.canary), "labels", (self.rows(file),), "<i8")
            del file["fields/label/data"]
            file.create_virtual_dataset("fields/label/data", layout)
        self.assert_refused_unopened()

    def test_external_link(self):
        with h5py.File(self.shard, "r+") as file:
            del file["fields/label/data"]
            file["fields/label/data"] = h5py.ExternalLink(str(self.canary), "labels")
        self.assert_refused_unopened()

    def test_soft_link(self):
        with h5py.File(self.shard, "r+") as file:
            del file["fields/label/data"]
            file["fields/label/data"] = h5py.SoftLink("/sample_id")
        self.assert_refused_unopened()

    def test_cyclic_link(self):
        with h5py.File(self.shard, "r+") as file:
            del file["fields/label"]
            file["fields/label"] = file["/"]
        self.assert_refused_unopened()

    def test_filters(self):
        with h5py.File(self.shard, "r+") as file:
            rows = self.rows(file)
            replace_labels(file, shape=(rows,), dtype="<i8", chunks=(rows,), compression="gzip")
        self.assert_refused_unopened()

    def test_filter_that_a_plugin_would_bring(self):
        """HDF5 would load any library from the plugin path that claims the filter's number."""
        plugins = self.folder / "canary-plugins"
        plugins.mkdir()
        (plugins / "libfilter.so").write_bytes(b"never to be loaded")
        with h5py.File(self.shard, "r+") as file:
            rows = self.rows(file)
            del file["fields/label/data"]
            creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            creation.set_chunk((rows,))
            creation.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
            dataset = h5py.h5d.create(file["fields/label"].id, b"data", h5py.h5t.STD_I64LE,
                                      h5py.h5s.create_simple((rows,)), creation)
            self.assertEqual(dataset.get_create_plist().get_filter(0)[0], 32015)
        self.assert_refused_unopened(HDF5_PLUGIN_PATH=str(plugins))

    def test_wrong_types(self):
        pointless = numpy.dtype([("value", "<i8")])
        for number, dtype in enumerate((">f8", "<i4", pointless, h5py.vlen_dtype("<i8"), h5py.string_dtype(),
                                        h5py.ref_dtype, h5py.enum_dtype({"zero": 0}, "<i8"))):
            with self.subTest(dtype=dtype), h5py.File(self.shard, "r+") as file:
                replace_labels(file, shape=(self.rows(file),), dtype=dtype)
            self.assert_refused_unopened()

    def test_text_of_variable_length_in_an_attribute(self):
        with h5py.File(self.shard, "r+") as file:
            del file["fields/label"].attrs["semantic"]
            file["fields/label"].attrs["semantic"] = "label" * 1000
        self.assert_refused_unopened()

    def test_links_in_the_manifest(self):
        for link in (h5py.ExternalLink(str(self.canary), "labels"), h5py.SoftLink("/splits")):
            with self.subTest(link=link), h5py.File(self.data / "manifest.h5", "r+") as file:
                del file["shards"]
                file["shards"] = link
            self.assert_refused_unopened(self.data / "manifest.h5")

    def test_paths_in_the_manifest_that_lead_elsewhere(self):
        for path in (b"../canary.h5", str(self.canary).encode(), b"shards/../../canary.h5"):
            with self.subTest(path=path), h5py.File(self.data / "manifest.h5", "r+") as file:
                paths = file["shards/path"][:].astype("S128")
                paths[0] = path
                del file["shards/path"]
                file["shards/path"] = paths
            self.assert_refused_unopened(self.data / "manifest.h5")

    def test_what_is_no_file_in_a_shards_place(self):
        for put in (os.mkfifo, os.mkdir, lambda path: os.symlink(self.canary, path)):
            with self.subTest(put=put):
                self.shard.rename(self.folder / "kept.h5")
                put(self.shard)
                self.assert_refused_unopened()
                (os.rmdir if self.shard.is_dir() else os.unlink)(self.shard)
                (self.folder / "kept.h5").rename(self.shard)

    def test_file_over_which_hdf5_crashes_or_hangs_is_named_by_the_job(self):
        """The library is made to fail at a read of the shard: what a hostile file does to a version with a hole."""
        for fault in ("signal=SEGV", "signal=ABRT"):
            trace = self.folder / "trace"
            result = subprocess.run(["strace", "-f", "-qq", "-o", trace, "-P", self.shard, "-e", "trace=pread64", "-e",
                                     f"inject=pread64:{fault}:when=1", HPCTRAIN, "--data", self.data, "--out",
                                     self.folder / "run"], capture_output=True, text=True, timeout=60)
            self.assertIn("SIG", trace.read_text(), "the fault was not injected")
            self.assert_refused(result, 65, "crashed (signal", f"while reading {self.shard}")

    def test_wrong_byte_order(self):
        with h5py.File(self.shard, "r+") as file:
            replace_labels(file, shape=(self.rows(file),), dtype=">i8")
        self.assert_refused_unopened()

    def test_shape_that_overflows(self):
        with h5py.File(self.shard, "r+") as file:
            replace_labels(file, shape=(2**40, 2**20), dtype="<i8", chunks=(1, 1))
        self.assert_refused_unopened()

    def test_huge_attribute(self):
        with h5py.File(self.shard, "r+") as file:
            del file["fields/label"].attrs["semantic"]
            file["fields/label"].attrs.create("semantic", b"x" * 60_000)
        self.assert_refused_unopened()

    def test_user_block(self):
        with h5py.File(self.folder / "block.h5", "w", userblock_size=512) as block, h5py.File(self.shard) as file:
            for name in file:
                file.copy(name, block)
            for name, value in file.attrs.items():
                block.attrs[name] = value
        os.replace(self.folder / "block.h5", self.shard)
        self.assert_refused_unopened()

    def test_truncated(self):
        os.truncate(self.shard, self.shard.stat().st_size - 1)
        self.assert_refused_unopened()


if __name__ == "__main__":
    unittest.main()
