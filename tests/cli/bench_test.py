"""`hpctrain bench` as a user calls it: the names scripts rely on, on one rank and on two."""
import json
import unittest

from hpctrain_test import ProgramTest, make_dataset, run_hpctrain, run_pack
from packing import PackTest, noise


class BenchDataTest(PackTest):
    def pack(self, *options: str):
        for i in range(40):
            self.save(f"{'ab'[i % 2]}/{i}.png", noise(i, 24, 24, 3))
        result = run_pack("folder", self.folder / "source", "-o", self.folder / "packed", *options)
        self.assertEqual(result.returncode, 0, result.stderr)

    def bench(self, *options) -> dict:
        result = run_hpctrain("bench", "data", "--data", self.folder / "packed", "--batch", 8, "--rounds", 1, "--json",
                              *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def check(self, report: dict, side: int = 24) -> None:
        self.assertEqual(report["samples"], 40)
        self.assertEqual(report["bytes"], 40 * (side * side * 3 + 8))
        self.assertIn(report["engine"], ("mmap", "pread"))
        for name in ("samples_per_second", "pread_samples_per_second", "first_batch_seconds", "start_batch_seconds",
                     "resume_batch_seconds"):
            self.assertGreater(report[name], 0, name)

    def test_stored_pixels_are_measured_beside_their_ceiling(self):
        self.pack()
        report = self.bench()
        self.check(report)
        self.assertGreater(report["memcpy_samples_per_second"], 0)
        self.assertNotIn("staged_first_epoch_samples_per_second", report)

    def test_a_first_epoch_out_of_copies_is_measured_where_they_may_be_made(self):
        self.pack()
        report = self.bench("--cache-dir", self.folder / "cache")
        self.assertGreater(report["staged_first_epoch_samples_per_second"], 0)
        self.assertEqual(len(list((self.folder / "cache").rglob("*.h5"))),
                         len(list((self.folder / "packed/shards").iterdir())))

    def test_encoded_pictures_are_measured_whole_or_in_part(self):
        self.pack("--store", "encoded")
        report = self.bench()
        self.check(report)
        self.assertNotIn("memcpy_samples_per_second", report)
        self.check(self.bench("--window", 12), side=12)

    def test_what_cannot_be_measured_is_named(self):
        self.assert_refused(run_hpctrain("bench", "sleep"), 64, "bench needs what to measure", "data")
        self.assert_refused(run_hpctrain("bench", "data"), 64, "--data DIR")


class BenchStepTest(ProgramTest):
    def bench(self, *arguments, ranks: int = 1):
        return run_hpctrain("bench", "step", "--data", make_dataset(self.folder), "--dir", self.folder, "--steps", 4,
                            "--warm-up", 1, "--rounds", 2, "--batch", 32, "--json", *arguments, ranks=ranks)

    def report(self, *arguments, ranks: int = 1) -> dict:
        result = self.bench(*arguments, ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def check(self, report: dict, ranks: int) -> None:
        self.assertEqual((report["ranks"], report["batch"]), (ranks, 32))
        self.assertAlmostEqual(report["samples_per_second"] * report["step_seconds"], 32, places=6)
        self.assertGreater(report["bare_step_seconds"], 0)
        self.assertIsInstance(report["overhead"], float)
        self.assertTrue({"make_batch", "forward", "backward", "optimizer"} <= report["bare_phase_seconds"].keys())
        phases = report["phase_seconds"]
        self.assertTrue({"make_batch", "forward", "backward", "optimizer"} <= phases.keys(), phases)
        self.assertEqual(phases.keys() & {"start", "evaluation", "checkpoint"}, set())

    def test_a_step_is_measured_beside_the_bare_loop(self):
        self.check(self.report(), ranks=1)

    def test_ranks_that_accumulate_are_measured_too(self):
        report = self.report("--train.micro-batch", 5, ranks=2)
        self.check(report, ranks=2)
        self.assertGreater(report["phase_seconds"]["communication"], 0)

    def test_the_account_of_time_costs_little_and_names_nearly_all_of_it(self):
        # A step that is long beside what a busy machine takes away in between.
        report = self.report("--model", "resnet18", "--data.image-size", 48)
        ledger = report["ledger"]
        self.assertGreater(ledger["switches_per_step"], 4)
        self.assertGreater(ledger["switch_seconds"], 0)
        self.assertLess(ledger["switch_seconds"] * ledger["switches_per_step"] + ledger["line_seconds"],
                        0.005 * report["step_seconds"])
        self.assertLessEqual(ledger["share"], 0.005)
        self.assertGreaterEqual(ledger["coverage"], 0.98)

    def test_it_leaves_nothing_behind(self):
        self.report()
        self.assertEqual(list(self.folder.glob("bench-step-*")), [])

    def test_an_optimizer_that_the_bare_loop_lacks_is_refused(self):
        result = self.bench("--optim.name", "adamw")
        self.assertEqual(result.returncode, 64)
        self.assertIn("sgd only", result.stderr)


class BenchCommTest(unittest.TestCase):
    def report(self, ranks: int) -> dict:
        result = run_hpctrain("bench", "comm", "--sizes", "64 1000000", "--rounds", 2, "--device", "cpu", "--json",
                              ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_sums_of_each_size_are_measured(self):
        for ranks in (1, 2, 3):
            report = self.report(ranks)
            self.assertEqual(report["ranks"], ranks)
            self.assertEqual([entry["bytes"] for entry in report["sums"]], [64, 1000000])
            for entry in report["sums"]:
                self.assertAlmostEqual(entry["bytes_per_second"] * entry["seconds"], entry["bytes"], places=3)
                self.assertGreater(entry["copy_bytes_per_second"], 0)
        self.assertEqual(report["road"], "shared memory")

    def test_sizes_that_are_none_are_refused_once(self):
        result = run_hpctrain("bench", "comm", "--sizes", "2", ranks=2)
        self.assertEqual(result.returncode, 64)
        self.assertEqual(result.stderr.count("--sizes"), 1, result.stderr)


class BenchSweepTest(ProgramTest):
    def bench(self, *arguments, ranks: int):
        return run_hpctrain("bench", "sweep", "--dir", self.folder, "--trials", 16, "--json", *arguments, ranks=ranks)

    def report(self, *arguments, ranks: int) -> dict:
        result = self.bench(*arguments, ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_trials_that_sleep_are_measured_beside_their_ideal(self):
        for ranks, ranks_per_trial in ((1, 1), (4, 1), (4, 2)):
            report = self.report("--seconds", 0.02, "--spread", 0.5, "--ranks-per-trial", ranks_per_trial, ranks=ranks)
            groups = ranks // ranks_per_trial
            self.assertEqual((report["groups"], report["trials"], len(report["trial_seconds"])), (groups, 16, 16))
            self.assertEqual(report["build_seconds"], 0)
            self.assertGreater(report["wall_seconds"], report["ideal_seconds"])
            self.assertAlmostEqual(report["overhead_seconds"],
                                   (report["wall_seconds"] - report["ideal_seconds"]) * groups / 16)
            self.assertAlmostEqual(report["busy_share"], sum(report["trial_seconds"]) / groups / report["wall_seconds"])
            self.assertTrue(0 < report["ledger_syncs"] <= 16)
            # Sleeping trials leave the cores alone.
            self.assertLess(report["processor_seconds"], report["wall_seconds"] * ranks / 2)

    def test_a_network_built_anew_in_each_trial_is_measured(self):
        report = self.report("--seconds", 0, "--network", "small-convnet", ranks=2)
        self.assertGreater(report["build_seconds"], 0)
        self.assertLess(report["build_seconds"] * 16, 2 * report["wall_seconds"])

    def test_it_leaves_nothing_behind(self):
        self.report("--seconds", 0, ranks=1)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_cannot_be_measured_is_refused_once(self):
        self.assert_refused(self.bench("--ranks-per-trial", 3, ranks=2), 64, "ranks-per-trial is 3", "2 ranks")
        self.assert_refused(self.bench("--network", "perceptron", ranks=2), 64, "--network", "small-convnet")


if __name__ == "__main__":
    unittest.main()
