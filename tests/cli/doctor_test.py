"""`hpctrain doctor` where there is no scheduler: alone and under mpirun, healthy and with what a user can get wrong."""
import json
import os
import signal
import subprocess
import time
import unittest

from hpctrain_test import (ProgramTest, launch_command, make_dataset, ranks_of, run_hpctrain, run_pack, wait_until, with_flags,
                           write_stl10_source)


class DoctorTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder)
        self.flags = ["--data", self.data, "--out", self.folder / "runs/new", "--train.threads", "1"]

    def diagnose(self, *flags, ranks=1, code=0, environment=None):
        """The findings by the name of their check."""
        result = run_hpctrain("doctor", *with_flags(self.flags, *flags), "--json", ranks=ranks, environment=environment)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        verdict = json.loads(result.stdout)
        self.assertEqual((verdict["code"], verdict["healthy"], verdict["ranks"]), (code, code == 0, ranks))
        if ranks == 1:  # mpirun has its own words for a code that is not 0
            self.assertEqual(result.stderr, "")
        return {finding["check"]: finding for finding in verdict["findings"]}

    def assert_found(self, findings, check, level, *words):
        finding = findings[check]
        self.assertEqual(finding["level"], level, finding)
        for word in words:
            self.assertIn(word, finding["found"] + "\n" + finding["cure"])

    def test_alone_it_tells_every_point_in_a_table_and_leaves_nothing_behind(self):
        before = sorted(str(path) for path in self.folder.rglob("*"))
        started = time.monotonic()
        result = run_hpctrain("doctor", *self.flags)
        self.assertLess(time.monotonic() - started, 30)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        for check in ("launch", "processors", "GPUs", "data set", "reading", "data locks", "node cache", "run folder",
                      "checkpoint rate", "limits"):
            self.assertRegex(result.stdout, rf"(?m)^  (good|warning) +{check}  +\S")
        self.assertRegex(result.stdout.splitlines()[-1], "^healthy")
        self.assertEqual(sorted(str(path) for path in self.folder.rglob("*")), before)

    def test_two_ranks_are_healthy_and_speak_with_one_voice(self):
        findings = self.diagnose(ranks=2)
        self.assertNotIn("failure", {finding["level"] for finding in findings.values()})
        self.assertIn("2 ranks on 1 node, mpirun", findings["launch"]["found"])
        self.assertRegex(findings["sums in a node"]["found"], r"GB/s over 2 ranks")
        self.assertEqual(findings["options, versions"]["level"], "good")

    def test_a_damaged_manifest_is_named_with_65_and_the_other_points_are_still_told(self):
        (self.data / "manifest.h5").write_bytes(b"no HDF5")
        for ranks in (1, 2):
            findings = self.diagnose(ranks=ranks, code=65)
            self.assert_found(findings, "data set", "failure", "manifest.h5")
            self.assertEqual(findings["run folder"]["level"], "good")

    def test_a_shard_that_is_missing_is_named(self):
        shard = next((self.data / "shards").iterdir())
        shard.unlink()
        self.assert_found(self.diagnose(code=65), "data set", "failure", shard.name)

    def test_more_threads_than_cpus_is_a_combination_of_options_with_64(self):
        findings = self.diagnose("--train.threads", "500", ranks=2, code=64)
        self.assert_found(findings, "processors", "failure", "rank 0", "500 threads", "--cpus-per-task=500")

    def test_a_cache_that_cannot_hold_what_is_asked_is_a_failure(self):
        findings = self.diagnose("--cache.mode", "replicate", "--cache.dir", self.folder / "cache", "--cache.limit-gib",
                                 "0.00001", code=74)
        self.assert_found(findings, "node cache", "failure", "10.5 KiB of room", "cache.dir")

    def test_a_cache_need_not_hold_what_training_does_not_read(self):
        data = self.folder / "stl10"
        packed = run_pack("stl10", write_stl10_source(self.folder / "stl10_binary"), "-o", data)
        self.assertEqual(packed.returncode, 0, packed.stderr)
        # 30 labelled pictures take 0.83 MB, the 24 others 0.66 MB.
        flags = ["--data", data, "--cache.mode", "replicate", "--cache.dir", self.folder / "cache", "--cache.limit-gib", "0.001"]
        self.assertEqual(self.diagnose(*flags)["node cache"]["level"], "good")
        contrastive = ["--task.name", "contrastive", "--model", "strided-convnet", "--data.train-split", "unlabeled"]
        self.assert_found(self.diagnose(*flags, *contrastive, code=74), "node cache", "failure", "cache.dir")

    def test_a_run_folder_that_cannot_be_written_is_a_failure(self):
        findings = self.diagnose("--out", "/proc/runs/new", code=74)
        self.assert_found(findings, "run folder", "failure", "/proc")

    def test_too_little_time_for_any_step_is_told_with_75(self):
        findings = self.diagnose("--run.job-end-unix", int(time.time()) + 30, code=75)
        self.assert_found(findings, "time left", "failure", "1 min 00 s before the end", "--time")

    def test_a_limit_that_will_end_the_run_is_a_warning(self):
        limited = self.run_limited("-t 1000", "doctor", *self.flags)
        self.assertEqual(limited.returncode, 0, limited.stderr)
        self.assertRegex(limited.stdout, r"warning +limits +.*1000 s of processor time")

    def run_limited(self, limit, *arguments):
        program = self.folder / "limited"
        program.write_text(f'#!/bin/sh\nulimit {limit}\nexec {os.environ["HPCTRAIN_BIN"]}/hpctrain "$@"\n')
        program.chmod(0o755)
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=60)

    def test_a_training_warns_of_the_same_and_goes_on(self):
        result = run_hpctrain(*with_flags(self.flags, "--train.steps", "1", "--train.threads", "16"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"warning: .*processors: rank 0 .*16 threads.*train.threads = ")
        self.assertNotIn("processors", run_hpctrain("--data", self.data, "--out", self.folder / "quiet", "--train.steps",
                                                    "1", "--train.threads", "1").stderr)

    def test_where_a_rank_stands_still_it_ends_by_itself_and_names_what_waits(self):
        command = launch_command(["doctor", *self.flags, "--timeout-seconds", "5"], ranks=2)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertTrue(wait_until(lambda: len(ranks_of(self.data)) == 2))
        os.kill(ranks_of(self.data)[-1], signal.SIGSTOP)
        started = time.monotonic()
        stdout, stderr = process.communicate(timeout=60)
        self.assertLess(time.monotonic() - started, 20)
        self.assertEqual((process.returncode, stdout), (76, ""))
        self.assertRegex(stderr, r"doctor on \S+ is still waiting for .+ after 5 s")
        self.assertTrue(wait_until(lambda: ranks_of(self.data) == []))

    def test_a_wrong_option_is_refused_in_one_line(self):
        self.assert_refused(run_hpctrain("doctor", "--train.threds", "1", ranks=2), 64, "train.threads")


if __name__ == "__main__":
    unittest.main()
