"""What people see of a sweep: the table on a terminal and in status.txt, replicates, folds, paired axes."""
import csv
import fcntl
import json
import os
import pty
import re
import statistics
import struct
import subprocess
import termios
import unittest

from hpctrain_test import (ProgramTest, launch_command, make_dataset, read_metrics, run_hpctrain, run_pack, start_hpctrain,
                           wait_until, write_idx_source)

T_OF_ONE_DEGREE_OF_FREEDOM = 12.706  # Student's t, two-sided 95 %, from the table


def run_on_terminal(arguments, columns: int, rows: int = 24) -> str:
    """What one process writes to a terminal of this size as its stderr."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(launch_command(arguments, 1), stdout=subprocess.DEVNULL, stderr=follower,
                               env=os.environ | {"OMP_NUM_THREADS": "1", "TERM": "xterm"})
    os.close(follower)
    text = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other end is closed
            part = b""
        if not part:
            break
        text += part
    os.close(leader)
    assert process.wait(60) == 0, text
    return text.decode()


def read_csv(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class SweepViewTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, validation=50)
        self.out = self.folder / "sweep"

    def arguments(self, *more, data=None, epochs=1):
        return ("sweep", "--data", data or self.data, "--out", self.out, "--train.batch", "48", "--train.epochs", epochs,
                *more)

    def test_a_terminal_sees_one_table_redrawn_in_its_width(self):
        text = run_on_terminal(self.arguments("--optim.lr", "0.05,0.01", "--train.threads", "1", epochs=60), columns=50)
        drawings = re.findall(r"\x1b\[(\d+)A\r", text)
        self.assertGreaterEqual(len(drawings), 2, text)
        lines = [re.sub(r"\x1b\[\d*[AJK]|\r", "", line) for line in text.split("\n")]
        table = [line for line in lines if re.match(r"(sweep|time|ranks|best|  ranks|  0) ", line)]
        self.assertGreaterEqual(len(table), 10, text)
        self.assertLess(max(map(len, table)), 50)
        self.assertTrue(any(re.match(r"  0 +\d+ +\d+\.\d\d % ", line) for line in table), text)
        self.assertTrue(table[-4].startswith("sweep  2 of 2 trials ended (2 done)"), text)

    def test_a_status_file_says_how_things_stand_until_the_end(self):
        process = start_hpctrain(*self.arguments("--optim.lr", "0.05,0.01", "--run.quiet", epochs=100), ranks=2)
        status = self.out / "status.txt"
        self.assertTrue(wait_until(lambda: status.exists() and "2 running" in status.read_text()))
        self.assertRegex(status.read_text(), r"(?m)^  1 +\S+ .*optim\.lr=")
        self.assertEqual(process.wait(120), 0)
        text = status.read_text()
        self.assertRegex(text, r"^sweep  2 of 2 trials ended \(2 done\)\n")
        self.assertRegex(text, r"(?m)^best   top1 \d+\.\d\d %  optim\.lr=")
        self.assertFalse((self.out / "status.txt.tmp").exists())
        start = json.loads((self.out / "sweep.json").read_text())["start"]
        self.assertEqual(start["ranks"], 2)
        self.assertTrue(0.3 < start["busy_share"] <= 1, start)
        self.assertAlmostEqual(start["idle_rank_seconds"], 2 * start["seconds"] * (1 - start["busy_share"]), places=6)

    def test_seeds_are_replicates_with_means_and_paired_intervals(self):
        result = run_hpctrain(*self.arguments("--optim.lr", "0.05,0.002", "--train.seed", "1,2"), ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        scores = {}
        for row in read_csv(self.out / "results.csv"):
            scores.setdefault(row["optim.lr"], {})[row["train.seed"]] = float(row["top1"])
        best, other = sorted(scores, key=lambda rate: -statistics.mean(scores[rate].values()))
        rows = read_csv(self.out / "replicates.csv")
        self.assertEqual([row["optim.lr"] for row in rows], [best, other])
        for row in rows:
            values = scores[row["optim.lr"]].values()
            self.assertEqual(row["replicates"], "2")
            self.assertAlmostEqual(float(row["mean"]), statistics.mean(values))
            self.assertAlmostEqual(float(row["standard_deviation"]), statistics.stdev(values))
        differences = [scores[best][seed] - scores[other][seed] for seed in ("1", "2")]
        half_width = T_OF_ONE_DEGREE_OF_FREEDOM * statistics.stdev(differences) / 2 ** 0.5
        self.assertAlmostEqual(float(rows[1]["best_is_better_by"]), statistics.mean(differences))
        self.assertAlmostEqual(float(rows[1]["half_width_95"]), half_width, delta=1e-3 * half_width)
        is_apart = statistics.mean(differences) > half_width
        self.assertEqual(rows[1]["verdict"], "beaten" if is_apart else "not told apart")
        words = f"optim.lr={best} beats" if is_apart else "are not told apart:"
        self.assertRegex(result.stdout, rf"{re.escape(words)}.* ± .* points \(2 seeds\)")
        configurations = json.loads((self.out / "sweep.json").read_text())["configurations"]
        self.assertEqual(configurations[1]["half_width_95"], float(rows[1]["half_width_95"]))

    def pack_folds(self, *folds):
        for fold in folds:
            result = run_pack("idx", self.folder / "source", "-o", self.folder / "cv" / str(fold), "--folds", 2, "--fold", fold)
            self.assertEqual(result.returncode, 0, result.stderr)
        return self.folder / "cv" / "{fold}"

    def test_folds_are_an_axis_on_which_each_trial_reads_its_own_data_set(self):
        data = self.pack_folds(1, 2)
        result = run_hpctrain(*self.arguments("--data.fold", "1,2", data=data), ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = read_csv(self.out / "results.csv")
        self.assertEqual(sorted(row["data.fold"] for row in rows), ["1", "2"])
        for row in rows:
            trial = self.out / "trials" / row["trial"]
            described = json.loads((trial / "dataset.json").read_text())
            self.assertEqual(described["folder"], str(self.folder / "cv" / row["data.fold"]))
            self.assertEqual(described["fold"]["number"], int(row["data.fold"]))
        self.assertIn("every trial: top1", result.stdout)
        self.assertIn("(2 folds)", result.stdout)
        alone = run_hpctrain(self.out / "best.ini", "--out", self.folder / "alone")
        self.assertEqual(alone.returncode, 0, alone.stderr)
        score = [line for line in read_metrics(self.folder / "alone", "eval") if line["split"] == "validation"][-1]
        self.assertEqual(score["metrics"]["top1"], float(rows[0]["top1"]))
        # Elsewhere there are no folds.
        elsewhere = run_hpctrain("eval", trial, "--data", self.folder / "cv" / "2")
        self.assertEqual(elsewhere.returncode, 0, elsewhere.stderr)
        planned = run_hpctrain("plan", "--data", data, "--data.fold", "1", "--json")
        self.assertEqual(planned.returncode, 0, planned.stderr)

    def test_folds_that_are_not_there_or_not_of_one_division_are_refused_before_anything_runs(self):
        data = self.pack_folds(1, 2)
        missing = run_hpctrain(*self.arguments("--data.fold", "1,2,3", data=data), ranks=2)
        self.assertNotEqual(missing.returncode, 0)
        self.assertIn(str(self.folder / "cv" / "3"), missing.stderr)
        (self.folder / "cv" / "3").symlink_to(self.folder / "cv" / "1")
        twice = run_hpctrain(*self.arguments("--data.fold", "1,2,3", data=data))
        self.assert_refused(twice, 64, "data.fold", "hold the same data set")
        for command in ("sweep", "train"):
            rates = ("--optim.lr", "0.1,0.2") if command == "sweep" else ()
            without_fold = run_hpctrain(command, "--data", data, "--out", self.out, *rates)
            self.assert_refused(without_fold, 64, "data.dir", "data.fold")
            without_place = run_hpctrain(command, "--data", self.data, "--out", self.out, "--data.fold", "1", *rates)
            self.assert_refused(without_place, 64, "data.fold 1", "data.dir")
        self.assertFalse(self.out.exists())

    def test_paired_axes_move_together(self):
        axes = ("--optim.lr", "0.1,0.05,0.02", "--train.batch", "96,48,24", "--train.seed", "1,2")
        result = run_hpctrain("sweep", "--data", self.data, *axes, "--sweep.paired", "optim.lr train.batch", "--sweep.dry-run")
        self.assertEqual(result.returncode, 0, result.stderr)
        pairs = re.findall(r"optim\.lr=(\S+) train\.batch=(\S+) train\.seed=(\S+)", result.stdout)
        self.assertEqual(set(pairs), {(rate, batch, seed) for rate, batch in (("0.1", "96"), ("0.05", "48"), ("0.02", "24"))
                                      for seed in ("1", "2")})
        uneven = run_hpctrain("sweep", "--data", self.data, "--optim.lr", "0.1,0.05", "--train.batch", "96,48,24",
                              "--sweep.paired", "optim.lr train.batch")
        self.assert_refused(uneven, 64, "train.batch", "3 values")


if __name__ == "__main__":
    unittest.main()
