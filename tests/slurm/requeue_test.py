"""A job that is stopped or killed is queued again and ends as if nothing had happened; one that cannot get on stops."""
import json
import os
import pathlib
import re
import shutil
import signal
import unittest

from hpctrain_test import end_of, make_dataset, ranks_of, read_metrics, wait_until
from slurm_cluster import SOURCE, ClusterTest

NODES = ("--nodes=2", "--ntasks-per-node=1")


class RequeueTest(ClusterTest):
    def setUp(self):
        super().setUp()
        shutil.copytree(SOURCE / "jobs", self.folder / "jobs")

    def submit(self, *arguments, sbatch=(), environment=None, folder=None):
        folder = folder or self.folder
        job = self.cluster.submit(*NODES, *sbatch, "jobs/fashion.slurm", *arguments, folder=folder,
                                  environment=environment)
        return job, folder / f"fashion-{job}.log", folder / f"runs/fashion-{job}"


class TrainedRequeueTest(RequeueTest):
    """With real training: the state at the end is that of a job that nobody disturbed."""

    FLAGS = ("--epochs", "30", "--batch", "32", "--checkpoint.every-steps", "50", "--eval.every-epochs", "0",
             "--comm.hang-timeout-seconds", "60")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = cls.cluster.folder / "shared"
        (cls.shared / "data").mkdir(parents=True)
        shutil.copytree(SOURCE / "jobs", cls.shared / "jobs")
        make_dataset(cls.shared, train=2003).rename(cls.shared / "data/fashion")
        job = cls.cluster.submit(*NODES, "jobs/fashion.slurm", *cls.FLAGS, folder=cls.shared)
        cls.cluster.wait_for_end(job)
        cls.reference = cls.shared / f"runs/fashion-{job}"

    def submit(self, *arguments, **options):
        return super().submit("--data", self.shared / "data/fashion", *self.FLAGS, *arguments, **options)

    def wait_for_steps(self, run, steps):
        self.assertTrue(wait_until(lambda: len(read_metrics(run, "step")) >= steps, 120), f"{run} makes no steps")

    def wait_for_checkpoint(self, run):
        self.assertTrue(wait_until(lambda: read_metrics(run, "checkpoint"), 120), f"{run} makes no checkpoint")

    def assert_ended_as_if_undisturbed(self, job, log, run, starts):
        self.assertEqual(self.cluster.wait_for_end(job), "COMPLETED", log.read_text())
        self.assertEqual(len(read_metrics(run, "run")), starts, log.read_text())
        self.assertGreater(read_metrics(run, "run")[-1]["resumed_from"], 0)
        self.assertEqual(end_of(run)["state_digest"], end_of(self.reference)["state_digest"])
        self.assertEqual(log.read_text().count("start 1 of this run"), 1, "the log of the first start is gone")

    def test_the_time_limit_stops_in_time_without_any_signal(self):
        script = self.folder / "jobs/fashion.slurm"
        script.write_text(re.sub(r"#SBATCH --signal.*\n", "", script.read_text()))
        job, log, run = self.submit("--run.stop-margin-seconds", "60", sbatch=("--time=1",))
        self.assertTrue(wait_until(lambda: (run / "exit.json").exists(), 120), "nothing stopped the run")
        report = json.loads((run / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (75, "wall time"))
        self.cluster.run("scontrol", "update", f"JobId={job}", "TimeLimit=10")
        self.assert_ended_as_if_undisturbed(job, log, run, starts=2)

    def test_signals_to_the_tasks_or_to_the_batch_shell_alone_stop_in_time(self):
        job, log, run = self.submit()
        self.wait_for_steps(run, 60)
        self.cluster.run("scancel", "--signal=USR1", job)
        self.assertTrue(wait_until(lambda: len(read_metrics(run, "run")) == 2, 120), log.read_text())
        self.wait_for_steps(run, len(read_metrics(run, "step")) + 30)
        self.cluster.run("scancel", "--batch", "--signal=USR2", job)
        self.assert_ended_as_if_undisturbed(job, log, run, starts=3)
        self.assertEqual(log.read_text().count("stopped before the end (signal)"), 2)
        self.assertIn("received SIGUSR2", log.read_text())

    def test_an_operators_requeue_loses_nothing(self):
        job, log, run = self.submit()
        self.wait_for_checkpoint(run)
        self.cluster.run("scontrol", "requeue", job)
        self.assert_ended_as_if_undisturbed(job, log, run, starts=2)

    def test_a_killed_task_is_started_again(self):
        job, log, run = self.submit()
        self.wait_for_checkpoint(run)
        victims = ranks_of(run)
        self.assertEqual(len(victims), 2)
        os.kill(victims[-1], signal.SIGKILL)
        self.assert_ended_as_if_undisturbed(job, log, run, starts=2)

    def test_a_lost_node_is_left_out_and_the_job_continues_on_others(self):
        job, log, run = self.submit()
        self.wait_for_checkpoint(run)
        lost = self.cluster.run("scontrol", "show", "hostnames", self.cluster.field(job, "NodeList")).stdout.split()[-1]
        self.cluster.lose_node(lost)
        self.assert_ended_as_if_undisturbed(job, log, run, starts=2)
        self.assertIn(f"Node failure on {lost}", log.read_text())

    def test_a_job_that_an_urgent_one_displaces_continues_after_it(self):
        job, log, run = self.submit(sbatch=("--exclusive", "-w", "n1,n2"))
        self.wait_for_checkpoint(run)
        urgent = self.cluster.submit("--partition=urgent", "--nodes=2", "-w", "n1,n2", "--exclusive", "--output=/dev/null",
                                     "--wrap", "sleep 1", folder=self.folder)
        self.assertEqual(self.cluster.wait_for_end(urgent), "COMPLETED")
        self.assert_ended_as_if_undisturbed(job, log, run, starts=2)
        self.assertEqual(log.read_text().count("stopped before the end (signal)"), 1, log.read_text())

    def test_four_jobs_of_an_array_keep_their_runs_apart(self):
        job = self.cluster.submit("--nodes=1", "--ntasks-per-node=1", "--array=1-4", "jobs/fashion.slurm", "--data",
                                  self.shared / "data/fashion", "--epochs", "1", "--batch", "32", "--train.seed", "%a",
                                  folder=self.folder)
        runs = [self.folder / f"runs/fashion-{job}_{number}" for number in range(1, 5)]
        self.assertTrue(wait_until(lambda: all((run / "exit.json").exists() for run in runs), 120))
        self.assertEqual(sorted(entry.name for entry in (self.folder / "runs").iterdir() if entry.is_dir()),
                         [run.name for run in runs])
        self.assertEqual([end_of(run)["reason"] for run in runs], ["finished"] * 4)
        self.assertEqual(len({end_of(run)["state_digest"] for run in runs}), 4, "seeds are the jobs' numbers")
        for run in runs:
            self.assertEqual(len(read_metrics(run, "run")), 1)

    def test_no_requeue_leaves_code_75_and_a_checkpoint(self):
        job, log, run = self.submit(sbatch=("--no-requeue",))
        self.wait_for_steps(run, 60)
        self.cluster.run("scancel", "--signal=USR1", job)
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED", log.read_text())
        self.assertEqual(self.cluster.exit_code(job), 75)
        report = json.loads((run / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (75, "signal"))
        self.assertTrue((run / report["checkpoint"] / "MANIFEST.json").exists())
        self.assertIn(f"--no-requeue; sbatch with the same arguments and --out {run}", log.read_text())

    def test_a_cancelled_job_stays_cancelled(self):
        job, log, run = self.submit()
        self.wait_for_steps(run, 10)
        self.cluster.run("scancel", job)
        self.assertEqual(self.cluster.wait_for_end(job), "CANCELLED", log.read_text())


class ScriptedRequeueTest(RequeueTest):
    """With a program in hpctrain's place, to meet the ends that training does not show."""

    def setUp(self):
        super().setUp()
        (self.folder / "data/fashion").mkdir(parents=True)
        (self.folder / "data/fashion/manifest.h5").touch()

    def submit_program(self, text, *arguments, sbatch=(), environment=None):
        """The program is given RUN, the run directory, and START, the number of this start."""
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        program = bin_folder / "hpctrain"
        program.write_text('#!/bin/bash\necho "given $*"\nwhile [ "$1" != --out ]; do shift; done\nRUN=${2%/}\n'
                           '[ "$SLURM_PROCID" = 0 ] || exit 0\nmkdir -p "$RUN"\nSTART=$(wc -l <"$RUN.starts")\n' + text)
        program.chmod(0o755)
        return self.submit(*arguments, sbatch=sbatch, environment={"HPCTRAIN_BIN": str(bin_folder)} | (environment or {}))

    def starts_of(self, run):
        return len(pathlib.Path(f"{run}.starts").read_text().split())

    def test_three_restarts_without_progress_stop_with_a_message(self):
        job, log, run = self.submit_program("kill -KILL $$\n")
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED", log.read_text())
        self.assertEqual(self.cluster.exit_code(job), 75)
        self.assertIn("3 restarts got no further than step 0", log.read_text())
        self.assertEqual(self.starts_of(run), 4)

    def test_progress_is_stopped_by_the_cap_alone(self):
        job, log, run = self.submit_program('mkdir -p "$RUN/ckpt/step-$START"; exit 75\n',
                                            environment={"HPCTRAIN_MOST_STARTS": "2"})
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED", log.read_text())
        self.assertIn("2 starts are the most allowed", log.read_text())
        self.assertEqual(self.starts_of(run), 2)

    def test_an_error_that_another_start_would_repeat_ends_the_job(self):
        job, log, run = self.submit_program('printf \'{\\n  "code": 74,\\n  "cause": "disk full"\\n}\\n\' >"$RUN/exit.json"; '
                                            "kill -KILL $$\n")
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED", log.read_text())
        self.assertEqual(self.cluster.exit_code(job), 74)
        self.assertEqual(self.starts_of(run), 1)

    BLAME = ('report() { printf \'{\\n  "code": %s,\\n  "cause": "%s",\\n  "rank": 1,\\n  "host": "%s",\\n  "phase": "%s"\\n}\\n\' '
             '"$@" >"$RUN/exit.json"; }\nlast=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | tail -n 1)\n'
             'echo "start $START on $SLURM_JOB_NODELIST"\n')

    def submit_blaming(self, name, code, cause, phase, nodes=2):
        """A job whose first start ends with a report that names its last node. All of them run side by side."""
        self.folder = self.cluster.folder / name
        self.folder.mkdir()
        shutil.copytree(SOURCE / "jobs", self.folder / "jobs")
        (self.folder / "data/fashion").mkdir(parents=True)
        (self.folder / "data/fashion/manifest.h5").touch()
        text = self.BLAME + f"[ $START = 2 ] && exit 0\nreport {code} '{cause}' $last {phase}\nexit {code}\n"
        return self.submit_program(text, sbatch=(f"--nodes={nodes}", "--gpus-per-node=0", "--cpus-per-task=1"))

    def nodes_of_start(self, log, start):
        nodes = re.search(rf"start {start} on (\S+)", log.read_text())[1]
        return self.cluster.run("scontrol", "show", "hostnames", nodes).stdout.split()

    def test_a_node_that_stood_still_or_whose_gpu_failed_is_left_out_of_the_next_start_where_there_are_others(self):
        jobs = {"hang": self.submit_blaming("hang", 75, "hang", "backward"),
                "gpu": self.submit_blaming("gpu", 71, "CUDA error", "forward"),
                "noticed": self.submit_blaming("noticed", 75, "a peer died", "backward"),
                "memory": self.submit_blaming("memory", 71, "out of memory: a micro-batch of 8 does not fit", "forward"),
                "all": self.submit_blaming("all", 75, "hang", "backward", nodes=4)}
        for name, (job, log, _) in jobs.items():
            self.assertEqual(self.cluster.wait_for_end(job), "FAILED" if name == "memory" else "COMPLETED", log.read_text())
        for name in ("hang", "gpu"):
            job, log, run = jobs[name]
            lost = self.nodes_of_start(log, 1)[-1]
            self.assertIn(f"excluded from the next start: {lost}", log.read_text())
            self.assertEqual(pathlib.Path(f"{run}.suspects").read_text(), f"{lost}\n")
            self.assertEqual(len(self.nodes_of_start(log, 2)), 2)
            self.assertNotIn(lost, self.nodes_of_start(log, 2))
        self.assertNotIn("suspected", jobs["noticed"][1].read_text())
        self.assertNotIn("suspected", jobs["memory"][1].read_text())
        self.assertEqual(self.cluster.exit_code(jobs["memory"][0]), 71)
        self.assertIn("not excluded: n4; without them 4 nodes are not left", jobs["all"][1].read_text())

    def test_the_report_of_an_earlier_start_does_not_count(self):
        report = 'printf \'{\\n  "code": 75,\\n  "cause": "signal"\\n}\\n\' >"$RUN/exit.json"'
        job, log, run = self.submit_program(f"if [ $START = 1 ]; then {report}; exit 75; fi; exit 65\n")
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED", log.read_text())
        self.assertEqual(self.cluster.exit_code(job), 65)
        self.assertEqual(self.starts_of(run), 2)

    def test_a_wish_to_stop_that_an_earlier_job_met_does_not_count(self):
        run = self.folder / "stopped"
        run.mkdir()
        (run / "exit.json").write_text('{\n  "code": 75,\n  "cause": "stop file"\n}\n')
        job, log, _ = self.submit_program("[ $START = 2 ] && exit 0\nkill -KILL $$\n", "--out", f"{run}/")
        self.assertEqual(self.cluster.wait_for_end(job), "COMPLETED", log.read_text())
        self.assertEqual(self.starts_of(run), 2)

    def test_a_job_whose_run_another_one_took_over_leaves_it_to_that_one(self):
        text = ('mkdir -p "$RUN/ckpt"\ntouch "$RUN/ckpt/FENCE-000001" "$RUN/ckpt/FENCE-000002"\n'
                'printf \'{\\n  "code": 75,\\n  "cause": "killed"\\n}\\n\' >"$RUN/exit.json"\nkill -TERM $$\n')
        job, log, run = self.submit_program(text)
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED", log.read_text())
        self.assertEqual(self.cluster.exit_code(job), 73)
        self.assertEqual(self.starts_of(run), 1)

    def test_one_job_of_an_array_is_queued_again_without_the_others(self):
        text = 'if [ "$SLURM_JOB_ID" != "$SLURM_ARRAY_JOB_ID" ] || [ $START = 2 ]; then exit 0; fi\nsleep 5\nexit 75\n'
        job, _, _ = self.submit_program(text, sbatch=("--array=1-2", "--nodes=1"))
        starts = [self.folder / f"runs/fashion-{job}_{number}.starts" for number in (1, 2)]
        count = lambda: sorted(len(path.read_text().split()) for path in starts if path.exists())
        self.assertTrue(wait_until(lambda: count() == [1, 2], 120), count())
        self.assertTrue(wait_until(lambda: not self.cluster.run("squeue", "-h", "-j", str(job)).stdout.strip(), 60))
        self.assertEqual(count(), [1, 2])

    def test_an_ini_file_among_the_arguments_and_a_folder_for_each_fold(self):
        job, log, _ = self.submit_program("[ $START = 2 ] || exit 75\n", "own.ini", "--data", "cv/{fold}", "--data.fold", "1")
        self.assertEqual(self.cluster.wait_for_end(job), "COMPLETED", log.read_text())
        self.assertEqual(log.read_text().count("given own.ini --data cv/{fold} --data.fold 1 --out"), 4,
                         "two tasks of two starts")

    def test_without_scontrol_a_dependent_job_continues_the_run_and_its_log(self):
        tools = self.folder / "tools"
        tools.mkdir()
        for folder in ("/usr/bin", "/bin"):
            for tool in pathlib.Path(folder).iterdir():
                link = tools / tool.name
                if tool.name not in ("scontrol", "squeue") and not link.is_symlink():
                    link.symlink_to(tool)
        job, log, run = self.submit_program("[ $START = 2 ] || exit 75\n", environment={"PATH": str(tools)})
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED", log.read_text())
        self.assertEqual(self.cluster.wait_for_end(job + 1), "COMPLETED", log.read_text())
        self.assertEqual(self.starts_of(run), 2)
        self.assertIn(f"job {job + 1}, start 2 of this run", log.read_text())


if __name__ == "__main__":
    unittest.main()
