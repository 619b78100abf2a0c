"""Starts hpctrain and its PyTorch peers as ranks of this machine, one thread each, and reads what they measured."""
import json
import os
import pathlib
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON_BIN = ROOT / ".venv/bin"
HPCTRAIN_BIN = ROOT / "build/release/bin"
ENVIRONMENT = os.environ | {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMP_NUM_THREADS": "1",
}
BETWEEN_STEPS = ("start", "evaluation", "checkpoint")


def run_ranks(ranks: int, *command) -> str:
    """hpctrain on so many ranks; what rank zero printed."""
    words = ["mpirun", "-np", ranks, "--oversubscribe", HPCTRAIN_BIN / "hpctrain", *command]
    return subprocess.run(list(map(str, words)), env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout


def run_peer(script: str, ranks: int, *flags) -> dict:
    """A script of this folder under torchrun; the JSON of its last line, and `start_seconds` to its first step."""
    words = [PYTHON_BIN / "torchrun", "--nproc-per-node", ranks, "--master-port", 29517, ROOT / "bench" / script, *flags]
    started = time.time()
    output = subprocess.run(list(map(str, words)), env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout
    result = json.loads(output.strip().splitlines()[-1])
    if "first_step_unix" in result:
        result["start_seconds"] = result["first_step_unix"] - started
    return result


def step_seconds(line: dict) -> float:
    return sum(seconds for phase, seconds in line["phase_seconds"].items() if phase not in BETWEEN_STEPS)


def train_hpctrain(steps: int, warm_up: int, ranks: int, *options, batch_per_rank: int = 32,
                   out: pathlib.Path | None = None) -> dict:
    """A run of warm_up + steps steps, of which the last `steps` are measured by its own ledger."""
    with tempfile.TemporaryDirectory() as folder:
        out = out or pathlib.Path(folder) / "run"
        started = time.time()
        run_ranks(ranks, "--out", out, "--train.batch", batch_per_rank * ranks, "--train.steps", warm_up + steps,
                  "--train.epochs", 1000, "--train.threads", 1, "--eval.max-samples", 1, "--eval.every-epochs", 0,
                  "--device", "cpu", "--run.quiet", *options)
        lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    made = [line for line in lines if line["event"] == "step"]
    measured = made[warm_up:]
    seconds = sum(map(step_seconds, measured))
    communication = sum(line["phase_seconds"].get("communication", 0) for line in measured)
    return {"samples_per_second": steps * batch_per_rank * ranks / seconds, "step_seconds": seconds / steps,
            "communication_share": communication / seconds, "start_seconds": made[0]["unix"] - started,
            "losses": [line["loss"] for line in made]}
