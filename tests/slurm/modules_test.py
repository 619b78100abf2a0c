"""The installed tree, moved to another place, through environment-modules and through Lmod."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from hpctrain_test import BIN, end_of, make_dataset
from slurm_cluster import SOURCE, ClusterTest

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "hpctrain"
SYSTEMS = {"environment-modules": pathlib.Path("/usr/share/modules/init/bash"),
           "Lmod": next((CACHE / "lmod/usr/share/lmod").glob("*/init/bash"))}
# What a module system keeps for itself.
BOOKKEEPING = re.compile(r"^(_*LMOD_|_ModuleTable|__MODULES_|LOADEDMODULES$|_LMFILES_|MODULES?|BASH_FUNC_|_$|SHLVL$)")


class ModulesTest(ClusterTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="hpctrain-installed-")
        cls.addClassCleanup(folder.cleanup)
        installed = pathlib.Path(folder.name) / "first"
        subprocess.run(["cmake", "--install", BIN.parent, "--prefix", installed], check=True, capture_output=True)
        cls.prefix = installed.rename(installed.with_name("moved"))
        (cls.prefix / "share/hpctrain/jobs/site.env").write_text(
            "# of this site\nOMPI_MCA_btl_tcp_if_include=lo\nHPCTRAIN_TEST_FABRIC=a b=c\n")

    def environment(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HPCTRAIN_", "OMPI_MCA_btl"))}
        # Lmod drops what stands in PATH twice, whatever the module does.
        clean["PATH"] = ":".join(dict.fromkeys(os.environ["PATH"].split(":")))
        return clean | {"MODULEPATH": str(self.prefix / "share/hpctrain/modulefiles")}

    def run_shell(self, system, script, **environment):
        result = subprocess.run(["bash", "--noprofile", "--norc", "-c", f". {SYSTEMS[system]}\n{script}"], text=True,
                                capture_output=True, env=self.environment() | environment, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def variables(self, text):
        pairs = (entry.split("=", 1) for entry in text.split("\0") if "=" in entry)
        return {name: value for name, value in pairs if not BOOKKEEPING.match(name)}

    def test_loading_brings_the_moved_programs_and_the_sites_variables(self):
        for system in SYSTEMS:
            with self.subTest(system):
                shown = self.run_shell(system, "module load hpctrain; command -v hpctrain hpctrain-pack; hpctrain --version; "
                                               'echo "$HPCTRAIN_PREFIX $HPCTRAIN_TEST_FABRIC"')
                version = re.search(r"VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text().split("project(")[1])[1]
                self.assertEqual(shown.splitlines(), [f"{self.prefix}/bin/hpctrain", f"{self.prefix}/bin/hpctrain-pack",
                                                      version, f"{self.prefix} a b=c"])

    def test_unloading_leaves_the_environment_as_it_was(self):
        for system in SYSTEMS:
            with self.subTest(system):
                before, loaded, after = (
                    self.variables(text) for text in
                    self.run_shell(system, "env -0; printf '\\nCUT\\n'; module load hpctrain; env -0; printf '\\nCUT\\n'; "
                                           "module unload hpctrain; env -0").split("\nCUT\n"))
                self.assertNotEqual(loaded, before)
                self.assertEqual(after, before)

    def test_a_users_own_variable_outlives_loading_and_unloading(self):
        for system in SYSTEMS:
            with self.subTest(system):
                shown = self.run_shell(system, 'module load hpctrain; echo "$HPCTRAIN_TEST_FABRIC"; module unload hpctrain; '
                                               'echo "$HPCTRAIN_TEST_FABRIC"', HPCTRAIN_TEST_FABRIC="mine")
                self.assertEqual(shown.split(), ["mine", "mine"])

    def test_the_installed_job_script_trains_from_a_folder_without_sources(self):
        (self.folder / "data").mkdir()
        make_dataset(self.folder, train=203).rename(self.folder / "data/fashion")
        submit = ('module load hpctrain; cd "$FOLDER"; sbatch --parsable --nodes=2 --ntasks-per-node=1 '
                  "$HPCTRAIN_PREFIX/share/hpctrain/jobs/fashion.slurm --epochs 1")
        job = int(self.run_shell("environment-modules", submit, FOLDER=str(self.folder), OMP_NUM_THREADS="1",
                                 SLURM_CONF=self.cluster.environment["SLURM_CONF"]))
        log = self.folder / f"fashion-{job}.log"
        self.assertEqual(self.cluster.wait_for_end(job), "COMPLETED", log.read_text())
        self.assertIn(f"program         {self.prefix}/bin/hpctrain", log.read_text())
        self.assertEqual(end_of(self.folder / f"runs/fashion-{job}")["reason"], "finished")

    def test_a_job_script_loads_the_module_where_hpctrain_is_not_in_the_path(self):
        shutil.copytree(SOURCE / "jobs", self.folder / "jobs")
        result = subprocess.run(["sbatch", "--parsable", "--nodes=1", "jobs/fashion.slurm"], capture_output=True,
                                text=True, cwd=self.folder,
                                env=self.environment() | {"SLURM_CONF": self.cluster.environment["SLURM_CONF"]})
        job = int(result.stdout)
        self.assertEqual(self.cluster.wait_for_end(job), "FAILED")
        self.assertEqual(self.cluster.exit_code(job), 65)
        self.assertIn(f"{self.prefix}/bin/hpctrain-pack idx", (self.folder / f"fashion-{job}.log").read_text())


if __name__ == "__main__":
    unittest.main()
