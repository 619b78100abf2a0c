"""Ranks that have not the memory for a step: all of them make it again in less, with the same global batch, and what is
learned stays what it was."""
import json
import os
import pathlib
import subprocess
import unittest

from hpctrain_test import (HPCTRAIN, ProgramTest, audit_of, end_of, make_dataset, read_metrics, run_hpctrain,
                           with_flags)

MIB = 1 << 20


def run_limited(*arguments, ranks: int, limited: dict[int, float], environment: dict | None = None,
                timeout: float = 120) -> subprocess.CompletedProcess:
    """`limited`: MiB for the tensors of these ranks; the others have what there is."""
    command = []
    for rank in range(ranks):
        limit = ["-x", f"HPCTRAIN_TRAIN_MEMORY_LIMIT_MIB={limited[rank]}"] if rank in limited else []
        command += [*([":"] if rank > 0 else []), "-np", "1", *limit, HPCTRAIN, *map(str, arguments)]
    launch = ["mpirun", "--oversubscribe"]
    if ranks == 1:
        launch, command = [], [HPCTRAIN, *map(str, arguments)]
        environment = (environment or {}) | {"HPCTRAIN_TRAIN_MEMORY_LIMIT_MIB": str(limited[0])}
    return subprocess.run([*launch, *command], capture_output=True, text=True, timeout=timeout,
                          env=os.environ | {"OMP_NUM_THREADS": "1"} | (environment or {}))


def peak_of(run: pathlib.Path) -> int:
    """Most bytes that any rank's tensors held while it trained."""
    return end_of(run)["memory"]["peak_bytes"]


def last_loss(run: pathlib.Path) -> float:
    return read_metrics(run, "step")[-1]["loss"]


def rungs_of(run: pathlib.Path) -> list[dict]:
    return [line["memory"] | {"step": line["step"]} for line in read_metrics(run, "verdict") if "memory" in line]


class OutOfMemoryTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = cls.make_class_folder()
        cls.data = make_dataset(cls.shared, train=240, test=40, side=32)
        cls.runs = {}

    def flags(self, *changes) -> list:
        return with_flags(["--data", self.data, "--train.batch", "120", "--train.epochs", "2", "--data.augment", "none",
                           "--optim.lr", "0.01", "--eval.every-epochs", "0", "--train.seed", "3", "--run.audit", "yes",
                           "--checkpoint.every-minutes", "0"], *changes)

    def unlimited(self, ranks: int, *changes) -> pathlib.Path:
        """The same run where nobody lacks memory."""
        key = (ranks, *map(str, changes))
        if key not in self.runs:
            out = self.shared / f"unlimited-{abs(hash(key))}"
            result = run_hpctrain(*self.flags(*changes), "--out", out, ranks=ranks)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.runs[key] = out
        return self.runs[key]

    def run_short(self, share: float, lacking: int, ranks: int, *changes, at_start=()):
        """One rank has `share` of what a run without bounds takes at its peak: result, run directory, that run."""
        reference = self.unlimited(ranks, *changes)
        out = self.folder / f"limited-{ranks}"
        result = run_limited(*self.flags(*changes), *at_start, "--out", out, ranks=ranks,
                             limited={lacking: share * peak_of(reference) / MIB})
        return result, out, reference

    def check_same(self, out: pathlib.Path, reference: pathlib.Path) -> None:
        self.assertLess(abs(last_loss(out) - last_loss(reference)), 1e-5)
        self.assertEqual(audit_of(out), audit_of(reference))
        starts = [len((path).read_text().splitlines()) for path in sorted((out / "audit").iterdir())]
        self.assertEqual(set(starts), {end_of(reference)["step"]}, "a dropped attempt left lines in the audit")

    def test_the_batch_stays_where_one_rank_lacks_memory(self):
        for ranks, lacking in ((1, 0), (2, 1), (3, 0)):
            with self.subTest(ranks=ranks):
                result, out, reference = self.run_short(0.6, lacking, ranks)
                self.assertEqual(result.returncode, 0, result.stderr)
                rungs = rungs_of(out)
                self.assertGreaterEqual(len(rungs), 1)
                self.assertEqual([rung["rank"] for rung in rungs], [lacking] * len(rungs))
                self.assertEqual(rungs[0]["step"], 0)
                self.assertEqual(rungs[0]["samples_at_once"], 120 // ranks // 2)
                self.assertEqual(result.stderr.count("ran out of memory"), len(rungs), result.stderr)
                self.assertIn(f"rank {lacking} on", result.stderr)
                self.check_same(out, reference)

    def test_a_start_that_continues_begins_on_the_rung(self):
        reference = self.unlimited(2)
        limited = {0: 0.6 * peak_of(reference) / MIB}
        out = self.folder / "run"
        result = run_limited(*self.flags("--train.epochs", "1"), "--out", out, ranks=2, limited=limited)
        self.assertEqual(result.returncode, 0, result.stderr)
        before = rungs_of(out)
        self.assertGreaterEqual(len(before), 1)
        result = run_limited(*self.flags(), "--out", out, ranks=2, limited=limited)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(rungs_of(out), before)
        self.assertIn(f"at most {before[-1]['samples_at_once']} sample", result.stderr)
        self.assertEqual(audit_of(out), audit_of(reference))

    def test_nothing_left_to_give_ends_all_ranks_with_one_line(self):
        reference = self.unlimited(2)
        memory = end_of(reference)["memory"]
        # What is there before the first step fits, and next to nothing besides.
        limit = (memory["phase_peak_bytes"]["start"] + 16384) / MIB
        out = self.folder / "run"
        result = run_limited(*self.flags(), "--out", out, ranks=2, limited={1: limit}, timeout=60)
        self.assert_refused(result, 71, "nothing is left to give", "rank 1 on", "at most 1 sample of a rank at once",
                            "train.memory-limit-mib")
        self.assertEqual(json.loads((out / "exit.json").read_text())["code"], 71)
        snapshot = json.loads((out / "memory-rank-1.json").read_text())
        self.assertIn(str(out / "memory-rank-1.json"), result.stderr)
        self.assertEqual((snapshot["rank"], snapshot["samples_at_once"]), (1, 1))
        self.assertEqual(snapshot["held_bytes"]["parameters"], memory["held_bytes"]["parameters"])
        self.assertEqual(snapshot["largest_tensors"][0]["name"], "fc.weight")
        self.assertFalse((out / "memory-rank-0.json").exists())

    def test_losses_that_span_the_batch_are_made_again_too(self):
        changes = ("--task.name", "contrastive", "--eval.probe-samples", "0", "--data.augment", "flip")
        # Most of it is the projector and its gradients, which cannot be cut.
        result, out, reference = self.run_short(0.95, 1, 2, *changes)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreaterEqual(len(rungs_of(out)), 1)
        self.check_same(out, reference)

    def test_reproducible_mode_cuts_nothing(self):
        # This network has nothing to compute again either.
        result, _, _ = self.run_short(0.6, 0, 2, "--train.micro-shards", "2", "--train.epochs", "1")
        self.assert_refused(result, 71, "nothing is left to give", "train.micro-shards fixes")

    def test_reproducible_mode_computes_again_and_keeps_every_bit(self):
        result, out, reference = self.run_short(0.75, 0, 2, "--model.name", "wrn-28-1", "--train.micro-shards", "2",
                                                "--train.epochs", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        rungs = rungs_of(out)
        self.assertEqual([(rung["pieces"], rung["recomputes"]) for rung in rungs], [(1, True)])
        self.assertEqual(end_of(out)["state_digest"], end_of(reference)["state_digest"])
        self.assertEqual(audit_of(out), audit_of(reference))

    def test_mixed_samples_keep_their_partners(self):
        result, out, reference = self.run_short(0.6, 1, 2, "--train.mixup", "0.4")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreaterEqual(len(rungs_of(out)), 1)
        self.check_same(out, reference)

    def test_the_largest_micro_batch_is_found_at_the_start(self):
        result, out, reference = self.run_short(0.6, 0, 2, at_start=("--train.micro-batch", "auto"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("train.micro-batch auto: at most", result.stderr)
        self.assertEqual(rungs_of(out), [])
        self.check_same(out, reference)

    def test_what_was_measured_once_is_not_measured_again(self):
        reference = self.unlimited(2)
        out = self.folder / "run"
        for share, is_measured in ((4, True), (3, False)):
            result = run_limited(*self.flags("--train.epochs", 1 if is_measured else 2), "--train.micro-batch", "auto",
                                 "--out", out, ranks=2, limited={0: share * peak_of(reference) / MIB})
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual("train.micro-batch auto: at most" in result.stderr, is_measured, result.stderr)
        self.assertEqual(rungs_of(out), [])

    def test_a_run_that_does_not_fit_before_its_first_step_says_so(self):
        memory = end_of(self.unlimited(2))["memory"]
        out = self.folder / "run"
        limit = 0.5 * memory["phase_peak_bytes"]["start"] / MIB
        result = run_limited(*self.flags(), "--out", out, ranks=2, limited={0: limit, 1: limit}, timeout=60)
        self.assert_refused(result, 71, "memory")
        self.assertNotIn("c10", result.stderr)
        self.assertEqual(json.loads((out / "exit.json").read_text())["code"], 71)

    def test_without_a_ladder_the_run_ends(self):
        result, _, _ = self.run_short(0.6, 1, 2, at_start=("--train.oom", "end"))
        self.assert_refused(result, 71, "out of memory", "train.oom is end")


if __name__ == "__main__":
    unittest.main()
