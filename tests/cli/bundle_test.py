"""The bundle: moved elsewhere and started with nothing in the environment, it uses no library of this machine but glibc
and LibTorch."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

from hpctrain_test import BIN, ProgramTest, make_dataset, processes_with, read_metrics, wait_until

MOST_BYTES = 64 * 2**20
# glibc, and what LibTorch brings or a GPU's driver.
OF_THE_MACHINE = re.compile(r"/(?:ld-linux[^/]*|lib(?:c|m|dl|pthread|rt|util|resolv|anl|nsl|mvec|nss_[a-z]+))\.so[^/]*$")


def libtorch() -> pathlib.Path:
    cache = (BIN.parent / "CMakeCache.txt").read_text()
    return pathlib.Path(re.search(r"^HPCTRAIN_LIBTORCH_FOUND:INTERNAL=(.+)$", cache, re.M)[1])


def libraries_of(pid: int) -> set[str]:
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
    return {line.split()[-1] for line in maps.splitlines() if ".so" in line.split()[-1]}


class BundleTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="hpctrain-bundle-")
        cls.addClassCleanup(folder.cleanup)
        made = pathlib.Path(folder.name) / "made"
        subprocess.run(["cmake", "--install", BIN.parent, "--prefix", made, "--component", "bundle"], check=True,
                       capture_output=True)
        cls.bundle = made.rename(made.with_name("moved"))

    def environment(self, **more):
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "OMP_NUM_THREADS": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1",
                "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_mpi_yield_when_idle": "1", **more}

    def test_it_is_small(self):
        size = sum(path.stat().st_size for path in self.bundle.rglob("*") if path.is_file() and not path.is_symlink())
        self.assertLess(size, MOST_BYTES)

    def test_ranks_use_nothing_of_the_machine_but_glibc_and_libtorch(self):
        data, run = make_dataset(self.folder, train=2003), self.folder / "run"
        command = [self.bundle / "bin/mpirun", "-np", "2", "--oversubscribe", self.bundle / "bin/hpctrain", "--data", data,
                   "--epochs", "5000", "--out", run, "--run.quiet"]
        process = subprocess.Popen(command, env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            self.assertTrue(wait_until(lambda: read_metrics(run, "step") or process.poll() is not None))
            self.assertIsNone(process.poll(), process.stderr.read() if process.poll() is not None else "")
            ranks = [pid for pid in processes_with(str(run)) if pid != process.pid]
            self.assertEqual(len(ranks), 2)
            for pid in [*ranks, process.pid]:
                self.assert_of_the_bundle(libraries_of(pid))
            self.assertTrue(any("/openmpi3/" in path for path in libraries_of(ranks[0])), "no plugin of Open MPI in use")
        finally:
            for pid in processes_with(str(run)):
                if pid != process.pid:
                    os.kill(pid, signal.SIGTERM)
            process.communicate(timeout=30)
        self.assertEqual(process.returncode, 75)

    def assert_of_the_bundle(self, libraries):
        places = (str(self.bundle) + "/", str(libtorch().parent) + "/", "/usr/local/cuda")
        strangers = {path for path in libraries if not path.startswith(places) and not OF_THE_MACHINE.search(path)}
        self.assertTrue(any(path.startswith(places[0]) for path in libraries), libraries)
        self.assertEqual(strangers, set())

    def test_a_wrong_libtorch_is_named_in_one_line(self):
        result = subprocess.run([self.bundle / "bin/hpctrain", "--help"], capture_output=True, text=True,
                                env=self.environment(HPCTRAIN_LIBTORCH=str(self.folder)))
        self.assertEqual(result.returncode, 64)
        self.assertEqual(len(result.stderr.splitlines()), 1)
        self.assertIn("HPCTRAIN_LIBTORCH", result.stderr)


if __name__ == "__main__":
    unittest.main()
