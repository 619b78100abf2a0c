"""The cluster in a box itself: nodes with disks of their own, and nothing left when it has stopped."""
import pathlib
import tempfile
import time
import unittest

from hpctrain_test import processes_with, wait_until
from slurm_cluster import Cluster, ClusterTest


class ClusterInABoxTest(ClusterTest):
    def test_tasks_of_one_step_run_on_all_nodes_under_their_names(self):
        result = self.cluster.run("srun", "-N4", "--ntasks-per-node=2", "--mpi=pmix", "hostname")
        self.assertEqual(sorted(result.stdout.split()), ["n1", "n1", "n2", "n2", "n3", "n3", "n4", "n4"], result.stderr)

    def test_scratch_is_private_to_a_node_and_of_limited_size(self):
        script = 'echo > "$SLURM_TMPDIR/$(hostname)"; ls "$SLURM_TMPDIR"; df -m --output=size "$SLURM_TMPDIR" | tail -n 1'
        result = self.cluster.run("srun", "-N2", "-n2", "bash", "-c", script)
        sizes_and_files = sorted(result.stdout.split())
        self.assertEqual(sizes_and_files[:2], ["256", "256"], result.stderr)
        self.assertEqual(len(set(sizes_and_files[2:])), 2)
        self.assertEqual(len(sizes_and_files), 4)

    def test_a_task_is_told_which_gpus_it_was_granted(self):
        result = self.cluster.run("srun", "-N1", "-n2", "--gpus-per-task=1", "bash", "-c", "echo $CUDA_VISIBLE_DEVICES")
        self.assertEqual(sorted(result.stdout.split()), ["0", "1"], result.stderr)


class StoppingTest(unittest.TestCase):
    def test_stop_ends_daemons_and_stubborn_tasks_and_leaves_no_mount(self):
        with tempfile.TemporaryDirectory(prefix="hpctrain-cluster-") as name:
            folder = pathlib.Path(name)
            started = time.monotonic()
            cluster = Cluster(folder, nodes=2)
            self.assertLess(time.monotonic() - started, 15)
            script = f'trap "" TERM; echo {folder}; sleep 1000 & wait; sleep 1000'
            log = folder / "job.txt"
            cluster.submit("-N2", f"--output={log}", "--wrap", f"srun -n2 bash -c '{script}'", folder=folder)
            self.assertTrue(wait_until(lambda: log.exists() and log.read_text().count(name) == 2))
            self.assertGreaterEqual(len(processes_with(name)), 6)
            cluster.stop()
            self.assertEqual(processes_with(name), [])
            self.assertNotIn(name, pathlib.Path("/proc/mounts").read_text())
            self.assertEqual(sorted(entry.name for entry in folder.iterdir()), ["job.txt", "log"])


if __name__ == "__main__":
    unittest.main()
