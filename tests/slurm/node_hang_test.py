"""A node whose every process is stopped cannot speak for itself: the node beside it names it and ends the job."""
import json
import os
import re
import signal
import time
import unittest

from hpctrain_test import HPCTRAIN, make_dataset, processes_with, read_metrics, wait_until
from slurm_cluster import ClusterTest

TIMEOUT = 3
GRACE = 2


class NodeHangTest(ClusterTest):
    def test_a_node_that_stands_still_is_named_by_its_neighbour(self):
        run = self.folder / "run"
        data = make_dataset(self.folder, train=1003)
        job = self.cluster.submit("--nodes=2", "--ntasks-per-node=1", f"--output={self.folder}/job.log", "--wrap",
                                  f"srun --mpi=pmix -K1 {HPCTRAIN} --data {data} --out {run} --epochs 100000 --batch 64 "
                                  f"--eval.every-epochs 0 --comm.hang-timeout-seconds {TIMEOUT} --run.quiet",
                                  folder=self.folder)
        self.addCleanup(self.cluster.run, "scancel", job)
        self.assertTrue(wait_until(lambda: len(read_metrics(run, "step")) > 20, 60), "the run makes no steps")
        time.sleep(TIMEOUT / 2)  # nodes tell each other how far they are ten times in a timeout
        ranks = {self.rank_of(pid): pid for pid in processes_with(str(run)) if self.is_rank(pid)}
        self.assertEqual(sorted(ranks), [0, 1])
        host = self.cluster.run("nsenter", "--uts", f"--target={ranks[1]}", "hostname", "-s").stdout.strip()
        os.kill(ranks[1], signal.SIGSTOP)
        started = time.monotonic()
        self.assertTrue(wait_until(lambda: (run / "exit.json").exists(), 30), "nobody noticed")
        self.assertLess(time.monotonic() - started, TIMEOUT + GRACE)
        report = json.loads((run / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"], report["rank"], report["host"]), (75, "hang", 1, host))
        self.assertGreater(report["step"], 0)
        self.cluster.wait_for_end(job)
        self.assertTrue(wait_until(lambda: not any(self.is_rank(pid) for pid in processes_with(str(run))), 30))
        named = re.findall(rf"rank 1 on {host} hangs in \w+ after step \d+", (self.folder / "job.log").read_text())
        self.assertEqual(len(named), 1)

    def is_rank(self, pid: int) -> bool:
        try:
            return os.path.realpath(f"/proc/{pid}/exe") == os.path.realpath(HPCTRAIN)
        except OSError:
            return False

    def rank_of(self, pid: int) -> int:
        with open(f"/proc/{pid}/environ", "rb") as environment:
            return int(re.search(rb"\0SLURM_PROCID=(\d+)\0", environment.read())[1])


if __name__ == "__main__":
    unittest.main()
