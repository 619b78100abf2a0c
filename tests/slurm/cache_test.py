"""Copies on a node's own disk: shared by its jobs, warm after a kill, and each node's own affair."""
import os
import re
import shutil
import signal
import unittest

from hpctrain_test import audit_of, end_of, ranks_of, read_metrics, run_pack, wait_until, write_idx_source
from slurm_cluster import SOURCE, ClusterTest

COPIES = r"node cache: (\d+) shards on this node after .*, (\d+) of them read from the source by this rank"


class NodeCacheTest(ClusterTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = cls.cluster.folder / "shared"
        cls.shared.mkdir()
        source = write_idx_source(cls.shared / "source")
        packed = run_pack("idx", source, "-o", cls.shared / "fashion", "--shard-bytes", "8000")
        assert packed.returncode == 0, packed.stderr
        cls.data = cls.shared / "fashion"
        cls.shards = len(list((cls.data / "shards").iterdir()))
        cls.data_bytes = sum(path.stat().st_size for path in (cls.data / "shards").iterdir())

    def setUp(self):
        super().setUp()
        shutil.copytree(SOURCE / "jobs", self.folder / "jobs")
        # On the disk that each node has for itself, where no epilog cleans up.
        self.cache = self.cluster.folder / "scratch" / self.folder.name

    ONE_OF_MANY = ("--nodes=1", "--ntasks-per-node=1", "--cpus-per-task=1", "--gpus-per-node=0", "-w", "n1")

    def submit(self, *flags, sbatch=ONE_OF_MANY, mode="replicate", cache=None):
        job = self.cluster.submit(*sbatch, "jobs/fashion.slurm", "--data", self.data, "--batch", "40", "--cache.mode",
                                  mode, "--cache.dir", cache or self.cache, *flags, folder=self.folder)
        return job, self.folder / f"fashion-{job}.log", self.folder / f"runs/fashion-{job}"

    def copies_of(self, log, start=1):
        """Shards on the node and those that this start copied itself, once it has said so."""
        def found():
            text = log.read_text() if log.exists() else ""
            return re.search(COPIES, text.split(f"start {start} of this run", 1)[-1]) if f"start {start} of" in text else None
        self.assertTrue(wait_until(found, 90), log.read_text() if log.exists() else "no log")
        return tuple(map(int, found().groups()))

    def test_two_jobs_share_copies_and_starts_after_a_kill_find_them_warm(self):
        self.assertGreaterEqual(self.shards, 10)
        endless = ("--epochs", "1000000", "--eval.every-epochs", "0", "--checkpoint.every-steps", "50")
        (first, first_log, first_run), (second, second_log, second_run) = self.submit(*endless), self.submit(*endless)
        made = [self.copies_of(log) for log in (first_log, second_log)]
        self.assertEqual([held for held, _ in made], [self.shards, self.shards])
        self.assertEqual(sum(own for _, own in made), self.shards, "a shard was copied twice")
        self.assertEqual([self.cluster.state(job) for job in (first, second)], ["RUNNING", "RUNNING"])

        self.assertTrue(wait_until(lambda: read_metrics(second_run, "checkpoint"), 60))
        for rank in ranks_of(second_run):
            os.kill(rank, signal.SIGKILL)
        self.assertEqual(self.copies_of(second_log, start=2), (self.shards, 0), "the requeued job copied anew")

        third, third_log, third_run = self.submit("--epochs", "20")
        self.assertEqual(self.copies_of(third_log), (self.shards, 0), "the third job copied anew")
        self.assertEqual(self.cluster.wait_for_end(third), "COMPLETED", third_log.read_text())
        self.assertGreater(end_of(third_run)["data"]["training"]["node_cache_bytes"], 0)
        for run in (first_run, second_run):
            (run / "STOP").touch()
        for job in (first, second):
            self.assertEqual(self.cluster.wait_for_end(job), "FAILED")
            self.assertEqual(self.cluster.exit_code(job), 75)

    def test_a_node_with_too_little_room_reads_the_source_while_the_other_uses_its_copies(self):
        cache = self.folder / "cache"
        cache.mkdir()
        for node, kib in (("n1", 8 * self.data_bytes // 1024), ("n2", self.data_bytes // 4096)):
            self.cluster.mount(node, cache, f"size={kib}k")
            self.addCleanup(self.cluster.unmount, node, cache)
        flags = ("--epochs", "30", "--eval.every-epochs", "0", "--run.audit", "yes")
        nodes = ("--nodes=2", "--ntasks-per-node=1", "-w", "n1,n2")
        job, log, run = self.submit(*flags, sbatch=nodes, cache=cache)
        plain, plain_log, plain_run = self.submit(*flags, mode="none", sbatch=nodes, cache=cache)
        self.assertEqual(self.cluster.wait_for_end(job), "COMPLETED", log.read_text())
        self.assertEqual(self.cluster.wait_for_end(plain), "COMPLETED", plain_log.read_text())
        warnings = re.findall(r"warning.*node cache: replicate: .*", log.read_text())
        self.assertEqual(len(warnings), 1, log.read_text())
        self.assertIn("the shards that fit are copied, the others are read where the data set lies", warnings[0])
        self.assertEqual(self.copies_of(log)[0], self.shards, "n1 has room for all")
        read = end_of(run)["data"]["training"]
        self.assertGreater(read["node_cache_bytes"], 0)
        self.assertGreater(read["source_bytes"], 0)
        self.assertEqual(audit_of(run), audit_of(plain_run))
        self.assertEqual(end_of(run)["state_digest"], end_of(plain_run)["state_digest"])


if __name__ == "__main__":
    unittest.main()
