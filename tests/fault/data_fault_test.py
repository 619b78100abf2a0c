"""Damaged and hostile data sets, and node caches that fail: never a wrong sample, never a hang, never a file outside."""
import json
import os
import pathlib
import re
import subprocess
import time
import unittest

import h5py
import numpy
from hpctrain_test import BIN, HPCTRAIN, PACK, ProgramTest, audit_of, end_of, make_dataset, run_hpctrain

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

    def assert_refused_unopened(self):
        trace = self.folder / "trace"
        started = time.monotonic()
        result = subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat,open", "-o", trace, PACK, "index", self.data],
                                capture_output=True, text=True, timeout=60)
        self.assertLess(time.monotonic() - started, SECONDS_UNTIL_GONE)
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn(self.shard.name, result.stderr)
        opened = trace.read_text()
        self.assertIn(self.shard.name, opened)
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

    def test_wrong_type(self):
        with h5py.File(self.shard, "r+") as file:
            replace_labels(file, shape=(self.rows(file),), dtype=">f8")
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


class CacheFaultTest(ProgramTest):
    """A cache in any state: the same samples in the same order as without one, and at most one warning."""

    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder)
        self.cache = self.folder / "cache"
        # Long enough that copies which are there already are found while it trains.
        self.flags = ["--data", self.data, "--epochs", "20", "--batch", "40", "--train.micro-batch", "1", "--run.audit", "yes"]
        run_hpctrain(*self.flags, "--cache.mode", "none", "--out", self.folder / "plain", ranks=2)
        self.expected = audit_of(self.folder / "plain")

    def cached_flags(self, name):
        return [*self.flags, "--cache.mode", "replicate", "--cache.dir", self.cache, "--out", self.folder / name]

    def assert_same_samples(self, result, name, warnings):
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(audit_of(self.folder / name), self.expected)
        self.assertEqual(end_of(self.folder / name)["state_digest"], end_of(self.folder / "plain")["state_digest"])
        self.assertEqual(len(re.findall("warning.*node cache", result.stderr)), warnings, result.stderr)

    def copies(self):
        return sorted(self.cache.rglob("*.h5"))

    def test_copies_serve_this_run_and_the_next(self):
        self.assert_same_samples(run_hpctrain(*self.cached_flags("first"), ranks=2), "first", 0)
        self.assertEqual(len(self.copies()), len(list((self.data / "shards").iterdir())))
        before = [copy.stat().st_ino for copy in self.copies()]
        self.assert_same_samples(run_hpctrain(*self.cached_flags("second"), ranks=2), "second", 0)
        self.assertEqual([copy.stat().st_ino for copy in self.copies()], before)

    def test_flipped_copy(self):
        run_hpctrain(*self.cached_flags("first"), ranks=2)
        copy = self.copies()[0]
        status = copy.stat()
        with h5py.File(copy) as file:
            offset = file["fields/image/data"].id.get_offset()
        with open(copy, "r+b") as file:
            file.seek(offset + 500)
            byte = file.read(1)
            file.seek(offset + 500)
            file.write(bytes([byte[0] ^ 1]))
        os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.assert_same_samples(run_hpctrain(*self.cached_flags("second"), ranks=2), "second", 1)

    def run_in_namespace(self, mount, name):
        self.cache.mkdir()
        command = " ".join(map(str, [mount, "&& exec mpirun -np 2 --oversubscribe", HPCTRAIN, *self.cached_flags(name)]))
        return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", command],
                              capture_output=True, text=True, timeout=60)

    def test_full_cache(self):
        mount = f"mount -t tmpfs -o size=64k none {self.cache} && dd if=/dev/zero of={self.cache}/full bs=1k count=60 2>/dev/null"
        self.assert_same_samples(self.run_in_namespace(mount, "full"), "full", 1)

    def test_read_only_cache(self):
        mount = f"mount -t tmpfs none {self.cache} && mount -o remount,ro {self.cache}"
        self.assert_same_samples(self.run_in_namespace(mount, "read-only"), "read-only", 1)

    def test_cache_inside_the_data_set(self):
        result = run_hpctrain(*self.flags, "--cache.mode", "replicate", "--cache.dir", self.data / "shards", "--out",
                              self.folder / "inside", ranks=2)
        self.assert_refused(result, 64, "cache.dir", str(self.data))


if __name__ == "__main__":
    unittest.main()
