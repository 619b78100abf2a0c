"""Cuts runs by SIGKILL and compares their ends with the unbroken run's: state, losses, order of samples."""
import random

from hpctrain_test import (audit_of, end_of, kill_all, processes_with, read_metrics, run_hpctrain, run_pack, start_hpctrain,
                           wait_until, write_idx_source)

COMMON = ("--checkpoint.every-steps", "3", "--eval.every-epochs", "0", "--eval.max-samples", "8", "--run.audit",
          "--run.quiet")
TASKS = {
    "classification": ("--batch", "32", "--train.steps", "60", "--epochs", "100"),
    "landmarks": ("--task.name", "landmarks", "--model.name", "unet", "--batch", "4", "--train.steps", "18", "--epochs", "100", "--optim.name", "adamw",
                  "--optim.lr", "0.001"),
}


def pack_for(task: str, folder):
    out = folder / f"{task}-data"
    if task == "classification":
        result = run_pack("idx", write_idx_source(folder / "idx", train=503), "-o", out)
    else:
        result = run_pack("phantom-isbi2015", "--count", "32", "-o", folder / "films")
        if result.returncode == 0:
            result = run_pack("isbi2015", folder / "films", "-o", out, "--size", "32x32")
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return out


def compare_cuts(test, task: str, data, folder, ranks: int, cuts: int, seed: int, *flags) -> int:
    """Each cut is a run of its own, killed once after a random step. Returns how many were compared."""
    generator = random.Random(seed)
    words = ("--data", data, *TASKS[task], *COMMON, *flags)
    name = "-".join([task, str(ranks), *(str(flag).strip("-") for flag in flags)])
    reference = folder / f"{name}-unbroken"
    result = run_hpctrain(*words, "--out", reference, ranks=ranks)
    test.assertEqual(result.returncode, 0, result.stderr)
    last = end_of(reference)["step"]
    for _ in range(cuts):
        cut = generator.randrange(4, last - 4)
        print(f"{name}: seed {seed}, killed after step {cut}", flush=True)
        compare_cut(test, words, folder / f"{name}-{cut}", reference, cut, ranks)
    return cuts


def compare_cut(test, words, run, reference, cut: int, ranks: int) -> None:
    process = start_hpctrain(*words, "--out", run, ranks=ranks)
    test.assertTrue(wait_until(lambda: any(line["step"] >= cut for line in read_metrics(run, "step"))))
    kill_all(str(run))
    process.wait(20)
    test.assertTrue(wait_until(lambda: not processes_with(str(run)), 10))
    result = run_hpctrain(*words, "--out", run, ranks=ranks)
    test.assertEqual(result.returncode, 0, result.stderr)
    test.assertEqual(end_of(run)["state_digest"], end_of(reference)["state_digest"])
    test.assertEqual(read_metrics(run, "checkpoint")[-1]["chain"], read_metrics(reference, "checkpoint")[-1]["chain"])
    losses = {line["step"]: line["loss"] for line in read_metrics(run, "step")}
    test.assertEqual(losses, {line["step"]: line["loss"] for line in read_metrics(reference, "step")})
    test.assertEqual(audit_of(run), audit_of(reference))
