"""The job scripts as a user submits them, on a cluster in a box."""
import shutil
import subprocess
import time
import unittest

from hpctrain_test import HPCTRAIN, audit_of, end_of, make_dataset
from slurm_cluster import SOURCE, ClusterTest


class JobsTest(ClusterTest):
    def setUp(self):
        super().setUp()
        shutil.copytree(SOURCE / "jobs", self.folder / "jobs")

    def submit(self, script, *arguments, sbatch=()):
        job = self.cluster.submit(*sbatch, f"jobs/{script}.slurm", *arguments, folder=self.folder)
        return job, self.folder / f"{script}-{job}.log", self.folder / f"runs/{script}-{job}"

    def make_data(self, name, **source):
        (self.folder / "data").mkdir(exist_ok=True)
        make_dataset(self.folder, **source).rename(self.folder / "data" / name)

    def test_two_and_four_nodes_train_to_the_end_with_the_same_samples(self):
        self.make_data("fashion", train=203)
        flags = ("--epochs", "2", "--batch", "48", "--lr", "0.01", "--run.audit")
        runs = {}
        for nodes in (2, 4):
            job, log, runs[nodes] = self.submit("fashion", *flags, sbatch=("--nodes", nodes))
            self.assertEqual(self.cluster.wait_for_end(job), "COMPLETED", log.read_text())
            self.assertEqual(end_of(runs[nodes])["reason"], "finished")
            self.assertRegex(log.read_text(), rf"ranks +{2 * nodes} on {nodes} nodes \(n1 n2.*\), \d+ CPUs each")
        self.assertEqual(audit_of(runs[2]), audit_of(runs[4]))

    def test_cephalograms_train_on_two_and_four_nodes_to_a_table_of_errors(self):
        drawn = subprocess.run([SOURCE / "datasets/phantom/make.sh", self.folder / "phantoms", "32"],
                               capture_output=True, text=True)
        self.assertEqual(drawn.returncode, 0, drawn.stderr)
        (self.folder / "data").mkdir()
        (self.folder / "phantoms/packed").rename(self.folder / "data/ceph")
        jobs = {nodes: self.submit("ceph", "--epochs", "1", "--batch", "8", sbatch=("--nodes", nodes)) for nodes in (2, 4)}
        for nodes, (job, log, run) in jobs.items():
            self.assertEqual(self.cluster.wait_for_end(job), "COMPLETED", log.read_text())
            text = log.read_text()
            for pattern in (rf"ranks +{2 * nodes} on {nodes} nodes", rf"devices +{2 * nodes} × cpu", r"node scratch +/",
                            r"landmark +points +MRE +SD", r"\nsella +12 ", r"test2 +.*mre_mm \d"):
                self.assertRegex(text, pattern)
            self.assertEqual(end_of(run)["reason"], "finished")

    def test_the_log_tells_where_the_job_runs_and_how_it_went(self):
        self.make_data("fashion", train=203)
        job, log, run = self.submit("fashion", "--epochs", "1")
        self.assertEqual(self.cluster.wait_for_end(job), "COMPLETED", log.read_text())
        text = log.read_text()
        for pattern in (r"nodes +n\[1-2\]", r"run directory +" + str(run), r"data +" + str(self.folder / "data/fashion"),
                        r"devices +4 × cpu", r"node scratch +\S+/scratch/job-\d+, at least 25\d.\d MiB free", r"job ends +20", r"top1 ", r"finished after \d+ steps"):
            self.assertRegex(text, pattern)

    def test_without_data_every_script_ends_with_65_and_the_pack_command(self):
        for script in ("ceph", "cifar10", "stl10", "fashion"):
            job, log, run = self.submit(script)
            self.assertEqual(self.cluster.wait_for_end(job), "FAILED")
            self.assertEqual(self.cluster.exit_code(job), 65)
            self.assertRegex(log.read_text(), rf"hpctrain-pack \S+ \S+ -o {self.folder}/data/{script}\n")
            self.assertFalse(run.exists())

    def test_an_allocation_is_looked_at_by_a_job_of_its_own(self):
        job = self.cluster.submit("--ntasks-per-node=1", "--gpus-per-node=0", "jobs/doctor.slurm", "--data", "missing",
                                  folder=self.folder)
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED")
        log = (self.folder / f"doctor-{job}.log").read_text()
        self.assertEqual(self.cluster.exit_code(job), 65, log)
        self.assertRegex(log, r"good +launch +2 ranks on 2 nodes, srun")
        self.assertRegex(log, r"good +time left +1\d min")
        self.assertRegex(log, r"failure +data set +.*missing")

    def test_tasks_without_pmix_are_refused_with_the_cure_within_five_seconds(self):
        self.make_data("fashion", train=203)
        started = time.monotonic()
        result = self.cluster.run("srun", "-N2", "-n4", "--mpi=none", HPCTRAIN, "--data", self.folder / "data/fashion",
                                  "--out", self.folder / "run")
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(result.returncode, 76, result.stderr)
        self.assertEqual(result.stderr.count("srun --mpi=pmix"), 1, result.stderr)
        self.assertFalse((self.folder / "run").exists())

    def test_ranks_meet_at_the_fence_of_pmix_that_lets_nobody_go_early(self):
        self.make_data("fashion", train=203)
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "hpctrain").write_text('#!/bin/sh\necho "fence of rank $SLURM_PROCID: $SLURM_PMIX_FENCE"\nexit 64\n')
        (programs / "hpctrain").chmod(0o755)
        for wanted in ("", "tree"):
            with self.subTest(wanted=wanted):
                job = self.cluster.submit("jobs/fashion.slurm", folder=self.folder, environment={
                    "HPCTRAIN_BIN": str(programs), "SLURM_PMIX_FENCE": wanted})
                self.assertEqual(self.cluster.wait_for_end(job), "FAILED")
                log = (self.folder / f"fashion-{job}.log").read_text()
                self.assertEqual(log.count(f": {wanted or 'ring'}\n"), 4, log)

    def test_a_folder_without_scripts_is_told_where_to_submit(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        job = self.cluster.submit(self.folder / "jobs/fashion.slurm", folder=elsewhere)
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED")
        self.assertEqual(self.cluster.exit_code(job), 69)
        self.assertIn("submit from the folder of hpctrain", (elsewhere / f"fashion-{job}.log").read_text())

    def test_scripts_pass_shellcheck(self):
        scripts = [*(SOURCE / "jobs").glob("*.slurm"), *(SOURCE / "jobs").glob("*.sh"), SOURCE / "tests/slurm/cluster"]
        self.assertGreaterEqual(len(scripts), 6)
        result = subprocess.run(["shellcheck", "-x", "-P", SOURCE, *scripts], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout)


if __name__ == "__main__":
    unittest.main()
