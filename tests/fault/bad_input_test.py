"""Bad input ends with one clear line that names file and cure, the right exit code, all ranks gone, nothing half-written."""
import gzip
import os
import shutil
import struct
import subprocess
import time
import unittest

import numpy
from hpctrain_test import (HPCTRAIN, ProgramTest, make_dataset, processes_with, run_hpctrain, run_pack, wait_until, write_idx,
                           write_idx_source)
from safetensors import safe_open

SECONDS_UNTIL_GONE = 10


class BadDatasetTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder)
        self.out = self.folder / "run"

    def assert_training_refused(self, code, *words, flags=(), ranks=3):
        started = time.monotonic()
        result = run_hpctrain("--data", self.data, "--out", self.out, "--epochs", "1", "--batch", "30", *flags,
                              ranks=ranks, timeout=60)
        self.assert_refused(result, code, *words)
        self.assertLess(time.monotonic() - started, SECONDS_UNTIL_GONE)
        self.assertEqual(processes_with(str(self.out)), [])
        self.assertFalse((self.out / "ckpt").exists() and any((self.out / "ckpt").glob("step-*")))

    def shard(self):
        return sorted((self.data / "shards").glob("*.h5"))[0]

    def test_missing_data_set(self):
        shutil.rmtree(self.data)
        self.assert_training_refused(65, str(self.data), "hpctrain-pack")

    def test_missing_shard(self):
        shard = self.shard()
        shard.unlink()
        self.assert_training_refused(65, shard.name, "pack")

    def test_truncated_shard(self):
        shard = self.shard()
        os.truncate(shard, shard.stat().st_size // 2)
        self.assert_training_refused(65, shard.name, "pack")

    def test_wrong_magic(self):
        shard = self.shard()
        with open(shard, "r+b") as file:
            file.write(b"not an HDF5 file")
        self.assert_training_refused(65, shard.name, "pack")

    def test_flipped_bit_in_the_images_is_never_trained_on(self):
        import h5py
        with h5py.File(self.shard()) as file:
            offset = file["fields/image/data"].id.get_offset()
        with open(self.shard(), "r+b") as file:
            file.seek(offset + 5000)
            byte = file.read(1)
            file.seek(offset + 5000)
            file.write(bytes([byte[0] ^ 4]))
        self.assert_training_refused(65, self.shard().name, "image")

    def test_label_out_of_range(self):
        import h5py
        with h5py.File(self.shard(), "r+") as file:
            file["fields/label/data"][7] = 99
        self.assert_training_refused(65, "label 99", "pack", flags=("--data.verify", "off"))

    def test_batch_larger_than_the_data_set_with_dropped_tail(self):
        result = run_hpctrain("--data", self.data, "--out", self.out, "--batch", "500", "--data.tail", "drop", ranks=2)
        self.assert_refused(result, 64, "train.batch", "403")

    def test_batch_larger_than_the_data_set(self):
        result = run_hpctrain("--data", self.data, "--out", self.out, "--batch", "500", ranks=2)
        self.assert_refused(result, 64, "train.batch", "403")

    def test_more_ranks_than_samples_in_a_batch(self):
        result = run_hpctrain("--data", self.data, "--out", self.out, "--batch", "2", ranks=3)
        self.assert_refused(result, 64, "train.batch", "3 ranks")

    def test_a_run_that_diverges_ends_with_the_cure_and_keeps_no_ruined_checkpoint(self):
        result = run_hpctrain("--data", self.data, "--batch", "30", "--lr", "1e20", "--optim.warmup-epochs", "0",
                              "--checkpoint.every-steps", "1", "--out", self.out, ranks=2)
        self.assert_refused(result, 64, "training has diverged", "optim.lr")
        kept = list((self.out / "ckpt").glob("step-*"))
        self.assertGreaterEqual(len(kept), 1)
        for folder in kept:
            with safe_open(folder / "model.safetensors", "np") as tensors:
                for name in tensors.keys():
                    self.assertTrue(numpy.isfinite(tensors.get_tensor(name)).all(), f"{folder.name} {name}")

    def test_run_directory_that_cannot_be_written(self):
        # Root may write anywhere but into the kernel's own file system.
        result = run_hpctrain("--data", self.data, "--out", "/proc/hpctrain-run", ranks=2)
        self.assert_refused(result, 74, "/proc/hpctrain-run")

    def test_read_only_run_directory(self):
        self.out.mkdir()
        command = (f"mount -t tmpfs none {self.out} && mount -o remount,ro {self.out} && exec mpirun -np 2 --oversubscribe "
                   f"{HPCTRAIN} --data {self.data} --out {self.out}/run --epochs 1")
        result = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", command],
                                capture_output=True, text=True, timeout=60)
        self.assert_refused(result, 74, str(self.out))

    def test_folder_that_holds_something_else_is_left_alone(self):
        self.out.mkdir()
        (self.out / "thesis.tex").write_text("years of work")
        result = run_hpctrain("--data", self.data, "--out", self.out, ranks=2)
        self.assert_refused(result, 64, str(self.out))
        self.assertEqual([path.name for path in self.out.iterdir()], ["thesis.tex"])


class BadSourceTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.source = write_idx_source(self.folder / "source")
        self.out = self.folder / "dataset"

    def assert_packing_refused(self, *words):
        self.assert_refused(run_pack("idx", self.source, "-o", self.out), 65, *words)
        self.assertFalse((self.out / "manifest.h5").exists())
        if self.out.exists():
            self.assertEqual([path for path in self.out.rglob("*") if path.is_file()], [])

    def test_gzip_cut_short(self):
        file = self.source / "train-images-idx3-ubyte.gz"
        os.truncate(file, file.stat().st_size // 2)
        self.assert_packing_refused(file.name)

    def test_wrong_magic(self):
        file = self.source / "train-labels-idx1-ubyte.gz"
        with gzip.open(file, "wb") as out:
            out.write(b"\x12\x34\x56\x78" + bytes(500))
        self.assert_packing_refused(file.name)

    def test_different_numbers_of_images_and_labels(self):
        write_idx(self.source / "train-labels-idx1-ubyte.gz", (402,), bytes(402))
        self.assert_packing_refused("402", "403")

    def test_header_that_promises_more_than_the_file_holds(self):
        with gzip.open(self.source / "t10k-images-idx3-ubyte.gz", "wb") as out:
            out.write(struct.pack(">BBBB3I", 0, 0, 8, 3, 2**31, 2**31 - 1, 4096) + bytes(64))
        self.assert_packing_refused("t10k-images-idx3-ubyte.gz")

    def test_empty_split(self):
        write_idx(self.source / "train-images-idx3-ubyte.gz", (0, 12, 12), b"")
        write_idx(self.source / "train-labels-idx1-ubyte.gz", (0,), b"")
        self.assert_packing_refused("train")

    def test_missing_source(self):
        shutil.rmtree(self.source)
        self.assert_packing_refused(str(self.source))

    def test_existing_data_set_is_not_overwritten(self):
        self.assertEqual(run_pack("idx", self.source, "-o", self.out).returncode, 0)
        before = (self.out / "manifest.h5").read_bytes()
        result = run_pack("idx", self.source, "-o", self.out)
        self.assertEqual(result.returncode, 64, result.stderr)
        self.assertEqual((self.out / "manifest.h5").read_bytes(), before)

    def test_killed_packing_leaves_no_data_set_and_the_next_one_succeeds(self):
        from hpctrain_test import PACK
        process = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2,rename,renameat",
                                    "-e", "inject=renameat2,rename,renameat:signal=KILL:when=2",
                                    PACK, "idx", str(self.source), "-o", str(self.out)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertNotEqual(process.wait(60), 0, "the fault was not injected")
        self.assertTrue(wait_until(lambda: not processes_with(str(self.out)), 5))
        self.assertFalse((self.out / "manifest.h5").exists())
        result = run_pack("idx", self.source, "-o", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(run_pack("verify", self.out).returncode, 0)
        self.assertEqual([path.name for path in self.out.rglob("*.tmp")], [])


if __name__ == "__main__":
    unittest.main()
