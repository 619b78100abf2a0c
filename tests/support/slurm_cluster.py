"""A cluster in a box for tests: one for each test file, started with it and gone after it."""
import os
import pathlib
import re
import signal
import subprocess

from hpctrain_test import ProgramTest, processes_with, wait_until

SOURCE = pathlib.Path(os.environ["HPCTRAIN_SOURCE"])
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"}


class Cluster:
    """tests/slurm/cluster as an object. What is run through it speaks to its daemons only."""

    def __init__(self, folder: pathlib.Path, nodes: int = 4, scratch_mib: int = 256) -> None:
        self.folder = folder
        self._call("start", "--nodes", nodes, "--scratch-mib", scratch_mib)
        # Between the nodes of a box there is only the loop-back interface, and they share its processors: more threads
        # than those spin against each other, at a twentieth of the speed and less.
        self.environment = os.environ | {"SLURM_CONF": str(folder / "etc/slurm.conf"), "OMP_NUM_THREADS": "1",
                                         "HPCTRAIN_TRAIN_THREADS": "1", "OMPI_MCA_btl_tcp_if_include": "lo",
                                         "SLURM_PMIX_FENCE": "ring"}

    def _call(self, command: str, *arguments) -> None:
        result = subprocess.run([SOURCE / "tests/slurm/cluster", command, self.folder, *map(str, arguments)],
                                capture_output=True, text=True, timeout=120)
        if result.returncode != 0:
            raise RuntimeError(result.stderr)

    def stop(self) -> None:
        self._call("stop")

    def run(self, *command, folder: pathlib.Path | None = None, timeout: float = 60,
            environment: dict | None = None) -> subprocess.CompletedProcess:
        return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=timeout, cwd=folder,
                              env=self.environment | (environment or {}))

    def submit(self, *arguments, folder: pathlib.Path, environment: dict | None = None) -> int:
        """Returns the job's id."""
        result = self.run("sbatch", "--parsable", *arguments, folder=folder, environment=environment)
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
        return int(result.stdout)

    def mount(self, node: str, path: pathlib.Path | str, options: str) -> None:
        """A disk in memory over `path`, which the processes of one node see."""
        self._in_node(node, "mount", "-t", "tmpfs", "-o", options, "tmpfs", path)

    def unmount(self, node: str, path: pathlib.Path | str) -> None:
        self._in_node(node, "umount", "--lazy", path)

    def _in_node(self, node: str, *command) -> None:
        slurmd = (self.folder / f"run/slurmd-{node}.pid").read_text().strip()
        result = subprocess.run(["nsenter", "--mount", "--target", slurmd, *map(str, command)], capture_output=True,
                                text=True)
        if result.returncode != 0:
            raise RuntimeError(result.stderr)

    def lose_node(self, name: str) -> None:
        """As if its power had gone: SIGKILL to every process of the node, its slurmd included."""
        slurmd = int((self.folder / f"run/slurmd-{name}.pid").read_text())
        namespace = os.readlink(f"/proc/{slurmd}/ns/mnt")
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(entry / "ns/mnt") == namespace:
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue  # ended meanwhile

    def field(self, job: int, name: str) -> str:
        """A value of `scontrol show job`, such as JobState; empty when there is none."""
        shown = self.run("scontrol", "show", "job", job).stdout
        found = re.search(rf"\b{name}=(\S*)", shown)
        return found[1] if found else ""

    def state(self, job: int) -> str:
        return self.field(job, "JobState")

    def wait_for_end(self, job: int, timeout: float = 240) -> str:
        """Waits through requeues; returns the last state. A job that does not end gives its nodes back to the next test."""
        if not wait_until(lambda: self.state(job) in ENDED, timeout):
            words = f"job {job} is {self.state(job)} after {timeout} s\n{self.evidence(job)}"
            self.run("scancel", "--signal=KILL", "--full", job)
            self.run("scancel", job)
            raise RuntimeError(words)
        return self.state(job)

    def evidence(self, job: int) -> str:
        """What a job that does not end leaves to look at: its log, and what its processes wait for."""
        log = pathlib.Path(self.field(job, "StdOut"))
        lines = [log.read_text() if log.is_file() else f"no log at {log}"]
        # The cluster's own processes name its folder, a job's ranks name the folder they were submitted from.
        folders = {str(self.folder), self.field(job, "WorkDir")}
        for pid in sorted({pid for folder in folders for pid in processes_with(folder)}):
            try:
                process = pathlib.Path(f"/proc/{pid}")
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:120]
                waits = [(thread / "wchan").read_text() for thread in (process / "task").iterdir()]
            except OSError:
                continue  # ended meanwhile
            lines.append(f"{pid} {command}: {' '.join(waits)}")
        return "\n".join(lines)

    def exit_code(self, job: int) -> int:
        return int(self.field(job, "ExitCode").split(":")[0])


class ClusterTest(ProgramTest):
    """Tests that share one cluster of four nodes."""

    cluster: Cluster

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cluster = Cluster(cls.make_class_folder("hpctrain-cluster-"))
        cls.addClassCleanup(cls.cluster.stop)
