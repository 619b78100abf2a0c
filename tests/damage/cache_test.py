"""Node caches that fail and sources that stall: the same samples in the same order, and one warning that says what."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import h5py
from hpctrain_test import (HPCTRAIN, ProgramTest, audit_of, end_of, launch_command, make_dataset,
                           ranks_of, read_metrics, run_hpctrain, wait_until)


def flip_image_byte(path, offset=500):
    """One bit of the file's images, in place."""
    with h5py.File(path) as file:
        place = file["fields/image/data"].id.get_offset() + offset
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 1]))


class CacheFaultTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder)
        self.cache = self.folder / "cache"
        # Long enough that copies which are there already are found while it trains.
        self.epochs = 20

    @property
    def flags(self):
        return ["--data", self.data, "--epochs", self.epochs, "--batch", "40", "--train.micro-batch", "1", "--run.audit", "yes"]

    def cached_flags(self, name):
        return [*self.flags, "--cache.mode", "replicate", "--cache.dir", self.cache, "--out", self.folder / name]

    def assert_same_samples(self, result, name, warnings):
        self.assertEqual(result.returncode, 0, result.stderr)
        if not (self.folder / "plain").exists():
            run_hpctrain(*self.flags, "--cache.mode", "none", "--out", self.folder / "plain", ranks=2)
        self.assertEqual(audit_of(self.folder / name), audit_of(self.folder / "plain"))
        self.assertEqual(end_of(self.folder / name)["state_digest"], end_of(self.folder / "plain")["state_digest"])
        self.assertEqual(len(re.findall("warning.*node cache", result.stderr)), warnings, result.stderr)

    def copies(self):
        return sorted(self.cache.rglob("*.h5"))

    def both_ranks_map_every_copy(self, name):
        maps = [pathlib.Path(f"/proc/{rank}/maps").read_text() for rank in ranks_of(self.folder / name)]
        return len(maps) == 2 and all(str(copy) in map for map in maps for copy in self.copies())

    def interrupt(self, name, deed):
        """Runs with a cache and does `deed` once both ranks have read a whole epoch from the copies."""
        # A busy machine was seen to come to the copies after two thirds of 20 epochs.
        self.epochs = 80
        process = subprocess.Popen(launch_command(self.cached_flags(name), 2), stderr=subprocess.PIPE, text=True,
                                   stdout=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"})
        shards = len(list((self.data / "shards").iterdir()))
        run = self.folder / name
        self.assertTrue(wait_until(lambda: len(self.copies()) == shards and self.both_ranks_map_every_copy(name)))
        steps = len(read_metrics(run, "step"))
        # 11 make an epoch; what was read ahead came from elsewhere.
        self.assertTrue(wait_until(lambda: len(read_metrics(run, "step")) > steps + 22))
        deed()
        self.assertIsNone(process.poll(), "the run was over before the fault came")
        _, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess([], process.returncode, "", stderr)

    def test_copies_serve_this_run_and_the_next(self):
        self.assert_same_samples(run_hpctrain(*self.cached_flags("first"), ranks=2), "first", 0)
        self.assertEqual(len(self.copies()), len(list((self.data / "shards").iterdir())))
        before = [copy.stat().st_ino for copy in self.copies()]
        self.assert_same_samples(run_hpctrain(*self.cached_flags("second"), ranks=2), "second", 0)
        self.assertEqual([copy.stat().st_ino for copy in self.copies()], before)
        for part in ("training", "evaluation"):
            self.assertGreater(end_of(self.folder / "second")["data"][part]["node_cache_bytes"], 0)

    def test_eval_reads_the_copies_that_training_left_and_makes_none(self):
        run_hpctrain(*self.cached_flags("first"), ranks=2)
        trace = self.folder / "trace"
        # The main thread alone, which opens what is read; the child that reads the layout knows no cache.
        command = ["strace", "-qq", "-o", trace, "-e", "trace=openat", HPCTRAIN, "eval", self.folder / "first"]
        before = [copy.stat().st_ino for copy in self.copies()]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([copy.stat().st_ino for copy in self.copies()], before)
        opened = trace.read_text()
        self.assertIn(str(self.copies()[-1]), opened)
        self.assertNotIn(str(self.data / "shards"), opened)

    def test_flipped_copy(self):
        run_hpctrain(*self.cached_flags("first"), ranks=2)
        copy = self.copies()[0]
        status = copy.stat()
        flip_image_byte(copy)
        os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.assert_same_samples(run_hpctrain(*self.cached_flags("second"), ranks=2), "second", 1)

    def test_cache_deleted_in_mid_epoch(self):
        result = self.interrupt("deleted", lambda: shutil.rmtree(self.cache))
        # Scoring opens the copies anew and finds none.
        self.assert_same_samples(result, "deleted", 1)
        self.assertIn("read where the data set lies", result.stderr)

    def test_copy_written_to_while_it_is_read(self):
        """Samples may have been wrong: the run ends before it keeps anything, and goes on from what it kept before."""
        result = self.interrupt("written", lambda: flip_image_byte(self.copies()[0]))
        self.assert_refused(result, 65, str(self.copies()[0]), "written to while it was in use", "image")
        self.assert_same_samples(run_hpctrain(*self.cached_flags("written"), ranks=2), "written", 0)

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


class SourceFaultTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder)
        self.shard = sorted((self.data / "shards").glob("*.h5"))[0]
        self.flags = ["--data", self.data, "--epochs", "2", "--batch", "40", "--run.audit", "yes", "--data.engine", "pread",
                      "--data.threads", "1", "--data.depth", "1"]

    def test_a_source_that_stalls_is_named_with_the_seconds_and_changes_nothing(self):
        run_hpctrain(*self.flags, "--out", self.folder / "plain")
        trace = self.folder / "trace"
        # One reader, a read in the second epoch, and longer than what was read ahead can last.
        stall = ["-P", self.shard, "-e", "trace=preadv", "-e", "inject=preadv:delay_enter=6000000:when=450"]
        result = subprocess.run(["strace", "-f", "-qq", "-o", trace, *stall, HPCTRAIN, *map(str, self.flags),
                                 "--data.stall-warning-seconds", "0.5", "--out", self.folder / "stalled"],
                                capture_output=True, text=True, timeout=60)
        self.assertIn("DELAYED", trace.read_text(), "the fault was not injected")
        self.assertEqual(result.returncode, 0, result.stderr)
        warnings = [line for line in result.stderr.splitlines() if "warning" in line]
        self.assertEqual(len(warnings), 1, result.stderr)
        self.assertIn("waited 0.5 s for data", warnings[0])
        self.assertIn(str(self.shard), warnings[0])
        self.assertEqual(audit_of(self.folder / "stalled"), audit_of(self.folder / "plain"))
        end = end_of(self.folder / "stalled")
        self.assertEqual(end["state_digest"], end_of(self.folder / "plain")["state_digest"])
        self.assertEqual(end["data"]["training"]["stalls"], 1)
        self.assertGreater(end["data"]["training"]["wait_seconds"], 0.5)

    def test_a_shard_rewritten_in_place_is_noticed_before_anything_is_kept(self):
        flags = ["--data", self.data, "--epochs", "20", "--batch", "40", "--train.micro-batch", "1",
                 "--checkpoint.every-steps", "5", "--run.audit", "yes"]
        run_hpctrain(*flags, "--out", self.folder / "plain", ranks=2)
        run = self.folder / "run"
        process = subprocess.Popen(launch_command([*flags, "--out", run], 2), stderr=subprocess.PIPE, text=True,
                                   stdout=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"})
        # In the second epoch every digest was checked and none will be again.
        self.assertTrue(wait_until(lambda: len(read_metrics(run, "step")) > 11))
        flip_image_byte(self.shard)
        self.assertIsNone(process.poll(), "the run was over before the fault came")
        _, stderr = process.communicate(timeout=120)
        result = subprocess.CompletedProcess([], process.returncode, "", stderr)
        self.assert_refused(result, 65, str(self.shard), "written to while it was in use", "field image")
        # Put right again, the run goes on to the weights of one that was never disturbed: no checkpoint held the damage.
        flip_image_byte(self.shard)
        result = run_hpctrain(*flags, "--out", run, ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("resumed from step", result.stderr)
        self.assertEqual(end_of(run)["state_digest"], end_of(self.folder / "plain")["state_digest"])
        self.assertEqual(audit_of(run), audit_of(self.folder / "plain"))


if __name__ == "__main__":
    unittest.main()
