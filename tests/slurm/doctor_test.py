"""`hpctrain doctor` inside allocations: a healthy one passes, and each planted fault is found with the line to change.

Planted: processes that MPI does not join; one process for many tasks; fewer GPUs than ranks; GPUs that a rank does not
see; more threads than CPUs; ranks with other options; data that one node lacks; a damaged manifest; a read-only cache; a
full scratch disk; a run folder that nodes do not share; little time left; a clock that is wrong; files that cannot be
locked; a disk that is slow; little shared memory.
"""
import json
import os
import subprocess
import time
import unittest

from hpctrain_test import HPCTRAIN, make_dataset, run_pack, write_idx
from slurm_cluster import SOURCE, ClusterTest

TWO_NODES = ("-N2", "-n2", "-w", "n1,n2")


class DoctorTest(ClusterTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = cls.cluster.folder / "shared"
        cls.shared.mkdir()
        cls.data = make_dataset(cls.shared)
        cls.bad_day = cls.shared / "bad_day.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", cls.bad_day, SOURCE / "tests/slurm/support/bad_day.c",
                        "-ldl"], check=True)

    def setUp(self):
        super().setUp()
        self.runs = self.folder / "runs"
        self.runs.mkdir()

    def doctor(self, *flags, srun=TWO_NODES, mpi="pmix", environment=None, data=None, wrap=""):
        """A job step that runs the doctor. `wrap`: shell commands for the task before it."""
        command = f"{wrap}\nexec {HPCTRAIN} doctor \"$@\"" if wrap else f"exec {HPCTRAIN} doctor \"$@\""
        arguments = ["--data", data or self.data, "--out", self.runs / "new", *flags]
        # As the job scripts set it; a flag goes first.
        environment = {"HPCTRAIN_RUN_JOB_END_UNIX": str(int(time.time()) + 7200)} | (environment or {})
        return self.cluster.run("srun", *srun, f"--mpi={mpi}", "bash", "-c", command, "doctor", *arguments,
                                environment=environment, folder=self.folder)

    def diagnose(self, *flags, code, **options):
        result = self.doctor(*flags, "--json", **options)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        verdict = json.loads(result.stdout)
        self.assertEqual((verdict["code"], verdict["healthy"]), (code, code == 0))
        return {finding["check"]: finding for finding in verdict["findings"]}

    def assert_found(self, findings, check, level, *words):
        finding = findings[check]
        self.assertEqual(finding["level"], level, findings)
        for word in words:
            self.assertIn(word, finding["found"] + "\n" + finding["cure"])

    def assert_nothing_else_fails(self, findings, *checks):
        self.assertEqual({name for name, finding in findings.items() if finding["level"] == "failure"}, set(checks))

    def mount(self, node, path, options):
        """A disk of one node over `path`, for this test."""
        self.cluster.mount(node, path, options)
        self.addCleanup(self.cluster.unmount, node, path)

    def test_a_healthy_allocation_passes(self):
        started = time.monotonic()
        result = self.doctor(srun=("-N2", "-n4", "-w", "n1,n2"))
        self.assertLess(time.monotonic() - started, 60)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertNotIn("failure", result.stdout)
        self.assertRegex(result.stdout, r"good +launch +4 ranks on 2 nodes, srun")
        for check in ("data set", "run folder"):
            self.assertRegex(result.stdout, rf"good +{check} .*seen by every node")
        self.assertRegex(result.stdout, r"good +clocks +within \d")
        self.assertRegex(result.stdout, r"sums between nodes +[\d.]+ GB/s over 2 ranks")
        self.assertRegex(result.stdout.splitlines()[-1], "^healthy")
        self.assertEqual(list(self.runs.iterdir()), [])

    def test_processes_that_mpi_does_not_join_are_told_once_with_76(self):
        findings = self.diagnose(code=76, mpi="none")
        self.assert_found(findings, "launch", "failure", "srun started 2 processes", "srun --mpi=pmix")

    def test_one_process_in_an_allocation_of_many_tasks_is_told_with_76(self):
        log = self.folder / "job.json"
        job = self.cluster.submit("-N2", "--ntasks-per-node=1", "-n2", f"--output={log}", "--wrap",
                                  f"{HPCTRAIN} doctor --data {self.data} --out {self.runs}/new --json", folder=self.folder)
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED")
        self.assertEqual(self.cluster.exit_code(job), 76, log.read_text())
        finding = next(entry for entry in json.loads(log.read_text())["findings"] if entry["check"] == "launch")
        self.assertIn("1 rank of 2 tasks", finding["found"])

    def test_fewer_gpus_than_ranks_are_told_with_71(self):
        findings = self.diagnose("--device", "cuda", code=71, srun=("-N1", "-n2", "--gpus-per-node=1"))
        self.assert_found(findings, "GPUs", "failure", "granted 1 GPU on n", "to 2 ranks", "--gpus-per-node=2")

    def test_a_gpu_that_is_granted_and_not_there_is_told_with_71(self):
        findings = self.diagnose(code=71, srun=("-N1", "-n1", "--gpus-per-node=1"))
        self.assert_found(findings, "GPUs", "failure", "rank 0 on n", "sees none", "nvidia-smi")
        self.assert_nothing_else_fails(findings, "GPUs")

    def test_more_threads_than_cpus_are_told_with_64(self):
        findings = self.diagnose("--train.threads", "6", code=64, srun=(*TWO_NODES, "--cpus-per-task=1"))
        self.assert_found(findings, "processors", "failure", "6 threads", "--cpus-per-task=6", "train.threads = ")
        self.assert_nothing_else_fails(findings, "processors")

    def test_a_rank_with_other_options_is_named_with_76(self):
        findings = self.diagnose(code=76, wrap="export HPCTRAIN_OPTIM_LR=0.$((SLURM_PROCID + 1))")
        self.assert_found(findings, "options, versions", "failure", "optim.lr = 0.2 here, but 0.1 on rank 0")

    def test_data_that_one_node_lacks_name_it_with_65(self):
        self.mount("n2", self.data, "size=1m")
        findings = self.diagnose(code=65)
        self.assert_found(findings, "data set", "failure", "n2: ", "manifest.h5 cannot be read", "--data")
        self.assert_nothing_else_fails(findings, "data set")

    def test_a_damaged_manifest_is_told_with_65(self):
        data = make_dataset(self.folder)
        with open(data / "manifest.h5", "r+b") as file:
            file.seek(300)
            file.write(b"\xff" * 600)
        findings = self.diagnose(code=65, data=data)
        self.assert_found(findings, "data set", "failure", "manifest.h5")
        self.assert_nothing_else_fails(findings, "data set")

    def test_a_cache_that_is_read_only_or_full_is_told_with_74(self):
        cache = self.folder / "cache"
        cache.mkdir()
        self.mount("n1", cache, "ro")
        self.mount("n2", cache, "size=20k")
        flags = ("--cache.mode", "replicate", "--cache.dir", cache)
        read_only = self.diagnose(*flags, code=74)
        self.assert_found(read_only, "node cache", "failure", "n1", "Read-only file system", "cache.dir")
        self.assert_nothing_else_fails(read_only, "node cache")
        full = self.diagnose(*flags, code=74, srun=("-N1", "-n1", "-w", "n2"))
        self.assert_found(full, "node cache", "failure", "n2", "No space left")

    def test_a_run_folder_that_nodes_do_not_share_is_told_with_74(self):
        self.mount("n2", self.runs, "size=1m")
        findings = self.diagnose(code=74)
        self.assert_found(findings, "run folder", "failure", "n2: what rank 0 wrote", "--out")
        self.assert_nothing_else_fails(findings, "run folder")

    def test_little_time_left_is_told_with_75(self):
        findings = self.diagnose("--run.job-end-unix", int(time.time()) + 40, code=75)
        self.assert_found(findings, "time left", "failure", "--time")
        self.assert_nothing_else_fails(findings, "time left")

    def test_wrong_clock_missing_locks_slow_disk_and_small_shared_memory_are_warnings(self):
        self.mount("n1", "/dev/shm", "size=48m")
        data = self.make_larger_dataset()
        wrap = (f"export LD_PRELOAD={self.bad_day} BAD_DAY_NO_LOCKS=1 BAD_DAY_SYNC_SECONDS=0.5 BAD_DAY_READ_SECONDS=0.05\n"
                "[ $SLURM_NODEID = 0 ] || export BAD_DAY_CLOCK_SECONDS=-40")
        findings = self.diagnose(code=0, data=data, wrap=wrap, srun=("-N2", "-n3", "-w", "n1,n2"))
        self.assert_found(findings, "clocks", "warning", "40", "behind", "chronyc")
        self.assert_found(findings, "data locks", "warning", "No locks available", "HDF5_USE_FILE_LOCKING")
        self.assert_found(findings, "checkpoint rate", "warning", "a checkpoint of 1 GB takes 2 min", "--out")
        self.assert_found(findings, "reading", "warning", "cache.mode = replicate")
        self.assert_found(findings, "shared memory", "warning", "MiB free in /dev/shm on n1", "--shm-size")

    def make_larger_dataset(self):
        """What can be timed."""
        source = self.folder / "large"
        source.mkdir()
        for prefix, count in (("train", 1200), ("t10k", 2)):
            write_idx(source / f"{prefix}-images-idx3-ubyte.gz", (count, 64, 64), os.urandom(count * 64 * 64))
            write_idx(source / f"{prefix}-labels-idx1-ubyte.gz", (count,), bytes(count))
        packed = run_pack("idx", source, "-o", self.folder / "large-packed")
        self.assertEqual(packed.returncode, 0, packed.stderr)
        return self.folder / "large-packed"


if __name__ == "__main__":
    unittest.main()
