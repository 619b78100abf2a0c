"""Kills a run again and again, at random moments, and proves that it ends as the unbroken one does."""
import json
import os
import random
import signal
import subprocess
import time

from hpctrain_test import (HPCTRAIN, audit_of, end_of, kill_all, processes_with, read_metrics, run_hpctrain, start_hpctrain,
                           wait_until)

# One sample at a time: steps that are long beside what a test needs to see them.
FLAGS = ("--batch", "32", "--train.micro-batch", "1", "--checkpoint.every-steps", "5", "--eval.every-epochs", "0", "--eval.max-samples", "16",
         "--optim.schedule", "constant", "--run.audit", "--run.quiet")
VICTIMS = ("rank", "all", "launcher")


def kill(victim: str, process, run, generator: random.Random) -> None:
    ranks = [pid for pid in processes_with(str(run)) if pid != process.pid]
    if victim == "all" or not ranks:
        kill_all(str(run))
        return
    try:
        os.kill(process.pid if victim == "launcher" else generator.choice(ranks), signal.SIGKILL)
    except ProcessLookupError:
        pass


class Diary:
    """metrics.jsonl, read on from where the last look ended: after hundreds of starts it is long."""

    def __init__(self, run):
        self.path = run / "metrics.jsonl"
        self.read_bytes = 0
        self.starts = self.saves = self.promised_step = self.resumed_from = 0

    def look(self):
        if not self.path.exists():
            return self
        with self.path.open("rb") as file:
            file.seek(self.read_bytes)
            text = file.read()
        text = text[:text.rfind(b"\n") + 1]
        self.read_bytes += len(text)
        for line in text.splitlines():
            try:
                self.note(json.loads(line))
            except json.JSONDecodeError:
                continue  # torn by a kill
        return self

    def note(self, line: dict):
        if line["event"] == "run":
            self.starts += 1
            self.resumed_from = line.get("resumed_from", 0)
        elif line["event"] == "checkpoint":
            self.saves += 1
            self.promised_step = max(self.promised_step, line["step"])


def run_kill_suite(test, data, folder, ranks: int, kills: int, seed: int, *flags) -> int:
    """`kills` starts of one run, each killed; then its end, compared with a run that nobody killed. Returns how
    many starts the run took."""
    print(f"kill suite: {ranks} ranks, {kills} kills, seed {seed}", flush=True)
    generator = random.Random(seed)
    run = folder / f"killed-{ranks}-{seed}"
    test.addCleanup(kill_all, str(folder))
    common = ("--data", data, *FLAGS, *flags, "--epochs", "100000")
    diary = Diary(run)
    for number in range(kills):
        victim = VICTIMS[number % len(VICTIMS)]
        # Counted before it starts: what it writes itself must not be taken for what was there.
        before = diary.look()
        promised, starts = before.promised_step, before.starts
        saves = before.saves + generator.randint(0, 3)
        process = start_hpctrain(*common, "--out", run, ranks=ranks)
        test.assertTrue(wait_until(lambda: diary.look().saves >= saves and diary.starts > starts),
                        f"kill {number}: the run did not start")
        time.sleep(generator.random() * 0.05)
        kill(victim, process, run, generator)
        process.wait(20)
        test.assertTrue(wait_until(lambda: not processes_with(str(run)), 15), f"kill {number} of {victim}: orphans")
        test.assertGreaterEqual(diary.look().resumed_from, promised, f"kill {number}: a promised checkpoint was lost")
    end_and_compare(test, run, folder / f"unbroken-{ranks}-{seed}", common, diary.promised_step, ranks)
    return len(read_metrics(run, "run"))


def end_and_compare(test, run, reference, common, promised_step: int, ranks: int) -> None:
    steps = ("--train.steps", str(promised_step + 40))
    for out in (run, reference):
        result = run_hpctrain(*common, *steps, "--out", out, ranks=ranks, timeout=1800)
        test.assertEqual(result.returncode, 0, result.stderr)
    test.assertEqual(end_of(run)["state_digest"], end_of(reference)["state_digest"])
    test.assertEqual(audit_of(run), audit_of(reference))
    test.assertEqual(read_metrics(run, "checkpoint")[-1]["chain"], read_metrics(reference, "checkpoint")[-1]["chain"])
    test.assertEqual([path.name for path in (run / "ckpt").iterdir() if path.name.startswith(".")], [])
    check = subprocess.run([HPCTRAIN, "check-audit", str(run)], capture_output=True, text=True)
    test.assertEqual(check.returncode, 0, check.stdout + check.stderr)
    print("  " + check.stdout.strip(), flush=True)
