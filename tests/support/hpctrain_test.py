"""What the tests of whole programs share: starting hpctrain as a user would, making small data sets, reading results."""
import gzip
import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ["HPCTRAIN_BIN"])
HPCTRAIN = str(BIN / "hpctrain")
PACK = str(BIN / "hpctrain-pack")


class ProgramTest(unittest.TestCase):
    """A test with a folder of its own that goes away afterwards."""

    @classmethod
    def make_class_folder(cls, prefix: str = "hpctrain-test-") -> pathlib.Path:
        """For what all tests of the class share; goes away after the last one."""
        folder = tempfile.TemporaryDirectory(prefix=prefix)
        cls.addClassCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="hpctrain-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def assert_refused(self, result: subprocess.CompletedProcess, code: int, *words: str) -> None:
        """One clear line: the right exit code, every word in it, said once."""
        self.assertEqual(result.returncode, code, result.stderr)
        lines = [line for line in result.stderr.splitlines() if "[error]" in line or words[0] in line]
        self.assertEqual(len(lines), 1, result.stderr)
        for word in words:
            self.assertIn(word, lines[0])


def with_flags(flags, *changes) -> list:
    """`flags`, pairs of a name and a value, where those named in `changes` are replaced: none may be given twice."""
    names = {str(change) for change in changes[::2]}
    kept = [part for pair in zip(flags[::2], flags[1::2]) if str(pair[0]) not in names for part in pair]
    return [*kept, *changes]


def launch_command(arguments: list, ranks: int) -> list[str]:
    launch = ["mpirun", "-np", str(ranks), "--oversubscribe"] if ranks > 1 else []
    return [*launch, HPCTRAIN, *map(str, arguments)]


def run_hpctrain(*arguments, ranks: int = 1, timeout: float = 120, environment: dict | None = None,
                 folder: pathlib.Path | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(launch_command(arguments, ranks), capture_output=True, text=True, timeout=timeout, cwd=folder,
                          env=os.environ | {"OMP_NUM_THREADS": "1"} | (environment or {}))


def train_reference(*arguments, out: pathlib.Path, ranks: int) -> pathlib.Path:
    """The run that nobody disturbs, for others to be compared with."""
    result = run_hpctrain(*arguments, "--out", out, ranks=ranks)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return out


def run_pack(*arguments, timeout: float = 120) -> subprocess.CompletedProcess:
    return subprocess.run([PACK, *map(str, arguments)], capture_output=True, text=True, timeout=timeout)


def start_hpctrain(*arguments, ranks: int = 1) -> subprocess.Popen:
    """In a process group of its own, so that kill_all reaches every rank."""
    return subprocess.Popen(launch_command(arguments, ranks), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            start_new_session=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


def processes_with(text: str) -> list[int]:
    """Processes whose command line holds `text`, this one excepted."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if text in command and state != "Z":
            found.append(int(entry.name))
    return found


def ranks_of(run: pathlib.Path) -> list[int]:
    """Processes of a run that are hpctrain itself, not what launched it."""
    program = os.path.realpath(HPCTRAIN)
    return [pid for pid in processes_with(str(run)) if program_of(pid) == program]


def program_of(pid: int) -> str | None:
    """None: it has ended."""
    try:
        return os.path.realpath(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return None


def kill_all(text: str) -> int:
    """SIGKILL to mpirun and every rank at once. Returns how many there were."""
    victims = processes_with(text)
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return len(victims)


def terminate_one_rank(process: subprocess.Popen, text: str) -> None:
    """SIGTERM to one rank, as a scheduler may: mpirun itself would end with a code of its own."""
    os.kill(max(pid for pid in processes_with(text) if pid != process.pid), signal.SIGTERM)


def wait_until(condition, timeout: float = 60) -> bool:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def read_jsonl(path: pathlib.Path) -> list[dict]:
    """Without lines that do not parse: one that is being written now, or that a kill tore."""
    lines = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines


def read_metrics(run: pathlib.Path, event: str | None = None) -> list[dict]:
    lines = read_jsonl(run / "metrics.jsonl")
    return [line for line in lines if event is None or line["event"] == event]


def end_of(run: pathlib.Path) -> dict:
    return read_metrics(run, "end")[-1]


def audit_of(run: pathlib.Path) -> dict[int, list[int]]:
    """Sample ids of every step, in global order: ranks hold consecutive parts of a batch. Of a step that several starts
    made, the last one counts."""
    lines = [(line["step"], line["start"], line["ids"]) for path in sorted((run / "audit").iterdir())
             for line in read_jsonl(path)]
    last_start: dict[int, int] = {}
    for step, start, _ in lines:
        last_start[step] = max(start, last_start.get(step, 0))
    steps: dict[int, list[int]] = {}
    for step, start, ids in lines:
        if start == last_start[step]:
            steps.setdefault(step, []).extend(ids)
    return steps


def write_idx(path: pathlib.Path, shape: tuple[int, ...], values: bytes, magic_type: int = 0x08) -> None:
    header = struct.pack(">BBBB", 0, 0, magic_type, len(shape)) + struct.pack(f">{len(shape)}I", *shape)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header + values)


def write_idx_source(folder: pathlib.Path, train: int = 403, test: int = 101, side: int = 12, classes: int = 4,
                     seed: int = 1) -> pathlib.Path:
    """Images whose bright quarter tells the class, so that a network can learn them."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = random.Random(seed)
    for prefix, count in (("train", train), ("t10k", test)):
        images = bytearray()
        labels = bytearray()
        for _ in range(count):
            label = generator.randrange(classes)
            image = bytearray(generator.randrange(80) for _ in range(side * side))
            half = side // 2
            for y in range(half):
                for x in range(half):
                    image[(y + (label // 2) * half) * side + x + (label % 2) * half] += 120
            images += image
            labels.append(label)
        write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", (count, side, side), bytes(images))
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", (count,), bytes(labels))
    return folder


def write_stl10_source(folder: pathlib.Path) -> pathlib.Path:
    """STL-10's layout with 20 pictures to train on, 10 to test with and 24 without labels, all of them noise."""
    folder.mkdir(parents=True)
    generator = random.Random(5)
    for name, count in (("train", 20), ("test", 10), ("unlabeled", 24)):
        (folder / f"{name}_X.bin").write_bytes(generator.randbytes(count * 27648))
        if name != "unlabeled":
            (folder / f"{name}_y.bin").write_bytes(bytes(i % 10 + 1 for i in range(count)))
    (folder / "class_names.txt").write_text("\n".join(f"c{i}" for i in range(10)))
    (folder / "fold_indices.txt").write_text("".join(f"{k} {k + 10} \n" for k in range(10)))
    return folder


def make_dataset(folder: pathlib.Path, validation: int = 0, **source) -> pathlib.Path:
    """A small packed data set under `folder`."""
    out = folder / "dataset"
    result = run_pack("idx", write_idx_source(folder / "source", **source), "-o", out, "--validation", validation)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return out
