"""A grid of real trials by mpirun: one final state each, results that scripts read, the best run again from its run.ini."""
import csv
import json
import re
import unittest

from hpctrain_test import ProgramTest, end_of, make_dataset, read_metrics, run_hpctrain, start_hpctrain, wait_until

GRID = ("--optim.lr", "0.05,0.01,0.002", "--train.seed", "1,2")


class SweepTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, validation=50)
        self.out = self.folder / "sweep"

    def sweep(self, *arguments, ranks=4, epochs=1):
        return run_hpctrain("sweep", "--data", self.data, "--out", self.out, "--train.batch", "48", "--train.epochs",
                            epochs, *arguments, ranks=ranks)

    def results(self):
        with open(self.out / "results.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_a_grid_on_four_ranks_gives_sorted_results_and_a_best_run_to_repeat(self):
        result = self.sweep(*GRID)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = self.results()
        self.assertEqual(list(rows[0]), ["trial", "state", "optim.lr", "train.seed", "top1", "steps", "seconds"])
        self.assertEqual({(row["optim.lr"], row["train.seed"]) for row in rows},
                         {(lr, seed) for lr in ("0.05", "0.01", "0.002") for seed in ("1", "2")})
        self.assertEqual([row["state"] for row in rows], ["done"] * 6)
        scores = [float(row["top1"]) for row in rows]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual([row["trial"] for row in json.loads((self.out / "results.json").read_text())],
                         [row["trial"] for row in rows])
        alone = run_hpctrain(self.out / "best.ini", "--out", self.folder / "alone")
        self.assertEqual(alone.returncode, 0, alone.stderr)
        again = [line for line in read_metrics(self.folder / "alone", "eval") if line["split"] == "validation"][-1]
        self.assertEqual(again["metrics"]["top1"], scores[0])

    def test_a_second_start_runs_new_values_alone_and_keeps_the_old_results(self):
        self.assertEqual(self.sweep("--optim.lr", "0.05,0.01", ranks=2).returncode, 0)
        before = {row["trial"]: row for row in self.results()}
        result = self.sweep("--sweep", "optim.lr=0.05,0.01,0.002", ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        after = {row["trial"]: row for row in self.results()}
        self.assertEqual(len(after), 3)
        for trial, row in before.items():
            self.assertEqual(after[trial], row)
            self.assertEqual(len(read_metrics(self.out / "trials" / trial, "run")), 1)

    def test_a_failing_trial_is_reported_and_the_others_are_done(self):
        result = run_hpctrain("sweep", "--data", self.data, "--out", self.out, "--train.epochs", "1",
                              "--train.batch", "48,100000", ranks=2)
        self.assertEqual(result.returncode, 64, result.stderr)
        states = {row["train.batch"]: row["state"] for row in self.results()}
        self.assertEqual(states, {"48": "done", "100000": "failed"})
        self.assertIn("train.batch 100000 is larger", result.stderr)
        report = json.loads((self.out / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (64, "a trial failed"))

    def test_a_stop_file_begins_no_further_trial_and_the_next_start_goes_on(self):
        arguments = ("sweep", "--data", self.data, "--out", self.out, "--train.epochs", "40", "--train.batch", "48", *GRID)
        process = start_hpctrain(*arguments, ranks=2)
        self.assertTrue(wait_until(lambda: any((self.out / "trials").glob("*/metrics.jsonl"))))
        (self.out / "STOP").touch()
        self.assertEqual(process.wait(120), 75)
        states = [row["state"] for row in self.results()]
        self.assertIn("done", states)
        self.assertLess(len(states), 6)
        report = json.loads((self.out / "exit.json").read_text())
        self.assertEqual((report["code"], report["cause"]), (75, "stop file"))
        again = run_hpctrain(*arguments, ranks=2)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual([row["state"] for row in self.results()], ["done"] * 6)
        self.assertEqual(json.loads((self.out / "exit.json").read_text())["cause"], "finished")

    def test_asha_stops_trials_that_are_behind_and_a_second_start_leaves_them_so(self):
        asha = ("--sweep.scheduler", "asha", "--sweep.reduction", "2", "--sweep.metric", "loss",
                "--optim.schedule", "constant", "--optim.lr", "0.02,1e-4,5e-5,2e-5,1e-5,5e-6")
        result = self.sweep(*asha, ranks=2, epochs=3)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = self.results()
        self.assertEqual((rows[0]["state"], rows[0]["optim.lr"], rows[0]["stopped_epoch"]), ("done", "0.02", ""))
        self.assertEqual({row["state"] for row in rows}, {"done", "stopped"})
        stopped = [row for row in rows if row["state"] == "stopped"]
        self.assertGreaterEqual(len(stopped), 3)
        self.assertRegex(result.stderr, rf"6 of 6 trials ended \(\d done, {len(stopped)} stopped early\); best loss")
        for row in stopped:
            trial = self.out / "trials" / row["trial"]
            self.assertIn(row["stopped_epoch"], ("1", "2"))
            self.assertEqual(end_of(trial)["reason"], "stopped: sweep")
            score = read_metrics(trial, "eval")[-1]
            self.assertEqual(score["metrics"]["loss"], float(row["loss"]))
            self.assertEqual(score["step"], int(row["steps"]))
        by_trial = {row["trial"]: row for row in json.loads((self.out / "results.json").read_text())}
        self.assertEqual({trial: row.get("stopped_epoch") for trial, row in by_trial.items() if "stopped_epoch" in row},
                         {row["trial"]: int(row["stopped_epoch"]) for row in stopped})
        again = self.sweep(*asha, ranks=2, epochs=3)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(self.results(), rows)
        for row in rows:
            self.assertEqual(len(read_metrics(self.out / "trials" / row["trial"], "run")), 1)

    def test_median_stopping_ends_what_is_worse_than_half_of_the_others(self):
        result = self.sweep("--sweep.scheduler", "median", "--sweep.min-epochs", "2", "--sweep.metric", "loss",
                            "--optim.schedule", "constant", "--optim.lr", "0.03,0.02,0.01,1e-6,2e-6",
                            "--sweep.ranks-per-trial", "2", ranks=2, epochs=3)
        self.assertEqual(result.returncode, 0, result.stderr)
        states = {row["optim.lr"]: (row["state"], row["stopped_epoch"]) for row in self.results()}
        # One group, so trials come one after another: the first three are not judged, the others meet all of them.
        self.assertEqual(states, {"0.03": ("done", ""), "0.02": ("done", ""), "0.01": ("done", ""),
                                  "1e-06": ("stopped", "2"), "2e-06": ("stopped", "2")})

    def test_points_of_tpe_are_stopped_in_brackets(self):
        result = self.sweep("--sweep.method", "tpe", "--sweep.trials", "12", "--optim.lr", "log(1e-5, 0.03)",
                            "--sweep.scheduler", "asha", "--sweep.reduction", "2", "--sweep.brackets", "2",
                            "--sweep.metric", "loss", ranks=2, epochs=3)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = self.results()
        self.assertEqual(len({row["trial"] for row in rows}), 12)
        states = [row["state"] for row in rows]
        self.assertEqual(states, sorted(states))  # done, then stopped
        self.assertEqual(set(states), {"done", "stopped"})

    def test_tpe_over_other_axes_learns_and_inherits_nothing_from_the_trials_before(self):
        tpe = ("--sweep.method", "tpe", "--sweep.trials", "2", "--sweep.metric", "loss")
        first = self.sweep(*tpe, "--optim.lr", "log(1e-5, 0.03)", ranks=1)
        self.assertEqual(first.returncode, 0, first.stderr)
        before = {trial.name for trial in (self.out / "trials").iterdir()}
        second = self.sweep(*tpe, "--optim.weight-decay", "log(1e-6, 1e-3)", ranks=1)
        self.assertEqual(second.returncode, 0, second.stderr)
        fresh = [trial for trial in (self.out / "trials").iterdir() if trial.name not in before]
        self.assertEqual((len(before), len(fresh)), (2, 2))
        rates = {re.search(r"^lr = (.*)$", (trial / "run.ini").read_text(), re.MULTILINE)[1] for trial in fresh}
        self.assertEqual(len(rates), 1, rates)

    def test_a_folder_that_holds_something_else_is_refused(self):
        self.out.mkdir()
        (self.out / "notes.txt").write_text("mine")
        self.assert_refused(self.sweep(*GRID, ranks=1), 64, "run.out", "holds no sweep")
        trained = run_hpctrain("--data", self.data, "--out", self.folder / "run", "--epochs", "1", "--batch", "48")
        self.assertEqual(trained.returncode, 0, trained.stderr)
        kept = (self.folder / "run" / "exit.json").read_text()
        self.out = self.folder / "run"
        self.assert_refused(self.sweep(*GRID, ranks=1), 64, "run.out", "holds a training run")
        self.assertEqual((self.out / "exit.json").read_text(), kept)
        self.assertFalse((self.out / "trials").exists())

    def test_a_scheduler_without_evaluations_is_refused(self):
        result = self.sweep("--optim.lr", "0.1,0.2", "--sweep.scheduler", "asha", "--eval.every-epochs", "0", ranks=1)
        self.assert_refused(result, 64, "sweep.scheduler", "eval.every-epochs")

    def test_what_cannot_be_swept_is_refused_before_anything_runs(self):
        cases = [((), ("a sweep needs an axis",)),
                 (("--data.dir", "a,b"), ("data.dir", "cannot be swept")),
                 (("--optim.lr", "0.1,-1"), ("optim.lr", "-1")),
                 (("--optim.lr", "0.1,0.2", "--sweep.ranks-per-trial", "2"), ("sweep.ranks-per-trial is 2", "1 rank"))]
        for arguments, words in cases:
            if "--data.dir" in arguments:
                result = run_hpctrain("sweep", "--out", self.out, *arguments)
            else:
                result = self.sweep(*arguments, ranks=1)
            self.assert_refused(result, 64, *words)
            self.assertFalse(self.out.exists())

    def test_a_dry_run_prints_the_trials_and_runs_none(self):
        result = self.sweep(*GRID, "--sweep.dry-run", ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("6 trials on 2 groups of 1 ranks", result.stdout)
        self.assertEqual(result.stdout.count("optim.lr="), 6)
        self.assertFalse(self.out.exists())

    def test_a_dry_run_counts_points_that_come_twice_once(self):
        result = self.sweep("--sweep.method", "random", "--optim.lr", "0.1,0.03", "--sweep.trials", "6",
                            "--sweep.dry-run", ranks=1)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.count("optim.lr="), 2)
        self.assertIn("2 trials on 1 groups of 1 ranks: the time of 2 trials", result.stdout)

    def test_a_metric_that_nobody_measures_ends_trials_at_their_first_evaluation(self):
        result = self.sweep("--optim.lr", "0.05,0.01", "--sweep.metric", "topl", ranks=2, epochs=3)
        self.assertEqual(result.returncode, 64, result.stderr)
        self.assertEqual(result.stderr.count("sweep.metric topl is in no evaluation"), 2, result.stderr)
        for metrics in self.out.glob("trials/*/metrics.jsonl"):
            evaluated = [line for line in metrics.read_text().splitlines() if '"event":"eval"' in line]
            self.assertEqual(len({json.loads(line)["epoch"] for line in evaluated}), 1, metrics)

    def test_results_of_another_length_or_measure_are_not_mixed(self):
        self.assertEqual(self.sweep("--optim.lr", "0.05,0.01", "--train.steps", "2", ranks=1).returncode, 0)
        for changed in (("--train.steps", "3"), ("--train.steps", "2", "--eval.max-samples", "10")):
            result = self.sweep("--optim.lr", "0.05,0.01", *changed, ranks=1)
            self.assert_refused(result, 64, "belongs to another sweep", "length")

    def test_a_killed_start_is_told_by_the_next_one(self):
        self.assertEqual(self.sweep("--optim.lr", "0.05,0.01", ranks=1).returncode, 0)
        self.assertFalse((self.out / "RUNNING").exists())
        (self.out / "exit.json").unlink()
        (self.out / "RUNNING").write_text(json.dumps({"host": "gone", "process": 7, "started_unix": 1.5}))
        (self.out / "exit.json.0123456789abcdef.tmp").write_text("{")
        result = self.sweep("--optim.lr", "0.05,0.01,0.002", ranks=1)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("the last start of this sweep (process 7 on gone) was killed", result.stderr)
        self.assertEqual(json.loads((self.out / "exit.json").read_text())["code"], 0)
        self.assertFalse((self.out / "RUNNING").exists())
        self.assertFalse((self.out / "exit.json.0123456789abcdef.tmp").exists())

    def test_a_grid_is_dealt_longest_first(self):
        result = run_hpctrain("sweep", "--data", self.data, "--sweep.dry-run", "--train.epochs", "1,3", "--train.batch",
                              "96,48")
        self.assertEqual(result.returncode, 0, result.stderr)
        dealt = [line.split("  ", 1)[1] for line in result.stdout.splitlines() if "train.epochs=" in line]
        self.assertEqual(dealt, [f"train.epochs={epochs} train.batch={batch}" for epochs, batch in
                                 ((3, 48), (3, 96), (1, 48), (1, 96))])

    def test_a_dry_run_forecasts_from_the_durations_of_trials_that_are_done(self):
        self.assertEqual(self.sweep("--optim.lr", "0.05,0.01", ranks=2).returncode, 0)
        ledgers = list((self.out / "ledger").iterdir())
        seconds = [float(row["seconds"]) for row in self.results()]
        result = self.sweep("--optim.lr", "0.05,0.01,0.002", "--sweep.dry-run", ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        forecast = re.search(r"2 of 3 trials have ended; the others take about (\S+) (s|ms), by the durations of 2$",
                             result.stdout, re.M)
        self.assertTrue(forecast, result.stdout)
        predicted = float(forecast[1]) * (1 if forecast[2] == "s" else 1e-3)
        self.assertGreater(predicted, 0.9 * min(seconds))
        self.assertLess(predicted, 1.1 * max(seconds))
        self.assertEqual(list((self.out / "ledger").iterdir()), ledgers)
        others = self.sweep("--optim.lr", "0.05,0.01", "--optim.momentum", "0.5,0.9", "--sweep.dry-run", ranks=1)
        self.assertRegex(others.stdout, r"2 of 4 trials have ended; none of these axes and options was trained")
        ended = self.sweep("--optim.lr", "0.05,0.01", "--sweep.dry-run", ranks=1)
        self.assertRegex(ended.stdout, r"2 of 2 trials have ended\n")


if __name__ == "__main__":
    unittest.main()
