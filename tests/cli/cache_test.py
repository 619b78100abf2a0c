"""The node cache through whole programs: what it says, what it keeps within its bounds, and that no sample notices."""
import os
import subprocess
import time
import unittest

from hpctrain_test import (ProgramTest, audit_of, end_of, launch_command, make_dataset, run_hpctrain, run_pack,
                           write_idx_source)

GIB = 1 << 30


class AnnouncementTest(ProgramTest):
    """Each mode says what it does and with which numbers."""

    def announcement(self, *flags):
        result = run_hpctrain("--data", self.folder / "dataset", "--train.steps", "1", "--out",
                              self.folder / f"run{len(list(self.folder.iterdir()))}", *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = [line for line in result.stderr.splitlines() if "node cache: " in line]
        return lines[0] if lines else ""

    def test_every_mode_says_its_arithmetic(self):
        make_dataset(self.folder)
        cache = ("--cache.dir", self.folder / "cache")
        self.assertRegex(self.announcement("--cache.mode", "auto", *cache),
                         r"none: the data set lies on a disk of this node \(\w+\)")
        self.assertRegex(self.announcement("--cache.mode", "replicate", *cache),
                         rf"replicate: [\d.]+ KiB of shards against [\d.]+ \w+ of room in {self.folder}/cache "
                         r"\([\d.]+ \w+ free\): each shard is copied once")
        limited = self.announcement("--cache.mode", "stream", "--cache.limit-gib", "0.00001", *cache)
        self.assertRegex(limited, r"warning.*against 10.5 KiB of room .*cache.limit-gib 1e-05\).*data.order windowed")
        self.assertEqual(self.announcement("--cache.mode", "none", *cache), "")


class StreamTest(ProgramTest):
    """More shards than fit: windows of an order that is known in advance pass through a bounded folder."""
    SAMPLES = 2400

    def setUp(self):
        super().setUp()
        self.data = self.folder / "dataset"
        source = write_idx_source(self.folder / "source", train=self.SAMPLES, test=20, side=8)
        packed = run_pack("idx", source, "-o", self.data, "--shard-bytes", "200")
        self.assertEqual(packed.returncode, 0, packed.stderr)
        self.shards = sorted((self.data / "shards").iterdir())
        largest = max(shard.stat().st_size for shard in self.shards)
        total = sum(shard.stat().st_size for shard in self.shards)
        # What an epoch has in use at one time (512 shards) fits, all of it does not.
        self.limit = largest * 600
        self.assertGreater(total, 1.5 * self.limit)
        self.cache = self.folder / "cache"
        self.flags = ["--data", self.data, "--batch", "40", "--train.micro-batch", "2", "--data.order", "windowed",
                      "--run.audit", "yes"]

    def stream_flags(self):
        return ["--cache.mode", "stream", "--cache.dir", self.cache, "--cache.limit-gib", repr(self.limit / GIB)]

    def list_copies(self):
        """Name and inode -> bytes of the copies, those in the making included."""
        found = {}
        for folder, _, names in os.walk(self.cache):
            for name in names:
                try:
                    status = os.stat(os.path.join(folder, name))
                except FileNotFoundError:
                    continue
                if ".json" not in name:
                    found[name, status.st_ino] = status.st_size
        return found

    def train_watched(self, epochs, ranks):
        """Also the names of all copies that were ever there, and the most bytes they took."""
        run = self.folder / "streamed"
        process = subprocess.Popen(launch_command([*self.flags, *self.stream_flags(), "--epochs", epochs, "--out", run], ranks),
                                   stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL,
                                   env=os.environ | {"OMP_NUM_THREADS": "1"})
        seen, most, before = set(), 0, {}
        while process.poll() is None:
            listed = self.list_copies()
            # Only what two looks agree on was there at one time.
            if listed == before:
                most = max(most, sum(listed.values()))
            seen |= {name for name, _ in listed if name.endswith(".h5")}
            before = listed
            time.sleep(0.005)
        _, stderr = process.communicate()
        self.assertEqual(process.returncode, 0, stderr)
        return run, seen, most, stderr

    def test_a_bounded_cache_serves_a_run_and_its_continuation(self):
        plain = self.folder / "plain"
        result = run_hpctrain(*self.flags, "--epochs", "3", "--cache.mode", "none", "--out", plain, ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        run, seen, most, stderr = self.train_watched(2, ranks=2)
        self.assertRegex(stderr, r"stream: .* of shards against .*in use at one time: shards are copied before")
        self.assertLessEqual(most, self.limit)
        fits = self.limit // min(shard.stat().st_size for shard in self.shards)
        self.assertGreater(len(seen), fits, "nothing was let go")
        self.assertGreater(end_of(run)["data"]["training"]["node_cache_bytes"], 0)
        self.assertGreater(most, self.limit / 2, "the folder was never seen at rest")
        run, _, most, stderr = self.train_watched(3, ranks=3)
        self.assertIn("resumed from step", stderr)
        self.assertLessEqual(most, self.limit)
        self.assertGreater(end_of(run)["data"]["training"]["node_cache_bytes"], 0)
        self.assertEqual(audit_of(run), audit_of(plain))
        epoch = [sample for step, ids in audit_of(run).items() if step <= self.SAMPLES // 40 for sample in ids]
        self.assertEqual(len(epoch), len(set(epoch)))
        self.assertEqual(len(epoch), self.SAMPLES)


if __name__ == "__main__":
    unittest.main()
