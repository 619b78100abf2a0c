"""Every command of docs/tutorials runs as it is written, in order, in a folder like a fresh clone that was built; what
needs a cluster or a GPU is checked word by word instead."""
import csv
import os
import pathlib
import re
import shlex
import subprocess
import unittest

from hpctrain_test import BIN, HPCTRAIN, PACK, ProgramTest, end_of, read_metrics

SOURCE = pathlib.Path(os.environ["HPCTRAIN_SOURCE"])
PAGES = SOURCE / "docs/tutorials"
OPTIONS = set(re.findall(r"`(--[a-z]+[.a-z0-9-]*)`", (SOURCE / "docs/options.md").read_text()))
# Flags of commands that are no options of a run.
COMMAND_FLAGS = {"--baselines", "--data", "--json", "--help", "--size", "--count", "--validation", "--card"}
SBATCH_FLAGS = {"--nodes", "--gpus-per-node", "--array", "--time"}


def blocks_of(page: pathlib.Path, kind: str) -> list[str]:
    """The fenced blocks whose info string is `kind`."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def rows_of(path: pathlib.Path) -> list[dict]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class TutorialTest(ProgramTest):
    def setUp(self):
        super().setUp()
        for name in ("jobs", "datasets", "docs"):
            (self.folder / name).symlink_to(SOURCE / name)
        (self.folder / "build/release").mkdir(parents=True)
        (self.folder / "build/release/bin").symlink_to(BIN)
        self.made = self.folder / "tutorial"

    def follow(self, name: str) -> str:
        """Runs a page's commands, ending at the first that fails. Returns what they print."""
        script = self.folder / "script"
        script.write_text("\n".join(blocks_of(PAGES / name, "sh")))
        self.assertGreater(len(script.read_text().splitlines()), 4)
        # As a file: mpirun reads what it is given as standard input.
        result = subprocess.run(["bash", "-e", script], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=400, cwd=self.folder)
        self.assertEqual(result.returncode, 0, (result.stdout + result.stderr)[-4000:])
        return result.stdout + result.stderr

    def test_landmarks(self):
        said = self.follow("landmarks.md")
        for words in ("healthy", "of the ceiling", "verdict", "waiting for data", "mean shape"):
            self.assertIn(words, said)
        run = self.made / "ceph-run"
        scores = [line["metrics"]["mre_mm"] for line in read_metrics(run, "eval") if line["split"] == "validation"]
        self.assertLess(scores[-1], scores[0] / 2)
        for path in (run / "report.html", self.made / "ceph-trace/trace.json"):
            self.assertGreater(path.stat().st_size, 1000)
        for split in ("test1", "test2"):
            self.assertTrue(list((self.made / "ceph-pictures").glob(f"{split}-worst-01-*.png")))

    def test_experiments(self):
        said = self.follow("experiments.md")
        self.assertIn("seeds)", said)
        rows = rows_of(self.made / "kit/results.csv")
        self.assertEqual([row["state"] for row in rows], ["done"] * 12)
        self.assertEqual(len({row["trial"] for row in rows}), 12)
        self.assertEqual([row["replicates"] for row in rows_of(self.made / "kit/replicates.csv")], ["2"] * 6)
        self.assertEqual(end_of(self.made / "kit-best")["reason"], "finished")
        self.assertTrue((self.made / "kit/report.html").exists())

    def test_search(self):
        said = self.follow("search.md")
        self.assertIn("killed", said)
        self.assertEqual([row["state"] for row in rows_of(self.made / "grid/results.csv")], ["done"] * 2)
        self.assertEqual([row["state"] for row in rows_of(self.made / "random/results.csv")], ["done"] * 3)
        rows = rows_of(self.made / "bohb/results.csv")
        self.assertEqual(len({row["trial"] for row in rows}), 8)
        self.assertLessEqual({row["state"] for row in rows}, {"done", "stopped"})
        self.assertEqual(end_of(self.made / "bohb-best")["reason"], "finished")

    def test_small_gpu(self):
        said = self.follow("small-gpu.md")
        self.assertIn("in 4 micro-steps of up to 8", said)
        for name in ("mobilenet", "efficientnet"):
            self.assertEqual(end_of(self.made / name)["reason"], "finished")

    def test_contrastive(self):
        said = self.follow("contrastive.md")
        for words in ("in 4 micro-steps of up to 128", "probe_top1", "raw pixels", "fc.weight starts from random values"):
            self.assertIn(words, said)
        self.assertEqual(len(read_metrics(self.made / "simclr", "epoch")), 2)
        self.assertGreater(read_metrics(self.made / "tuned", "eval")[-1]["metrics"]["top1"], 0.3)


class PagesTest(unittest.TestCase):
    """What is not run."""

    def commands_elsewhere(self):
        """(page, words) of each command that needs a cluster or a GPU."""
        for page in sorted(PAGES.glob("*.md")):
            for block in blocks_of(page, "sh (?:cluster|gpu)"):
                for line in block.splitlines():
                    if line.strip():
                        yield page.name, shlex.split(line, comments=True)

    def test_every_block_is_of_a_kind_that_is_known(self):
        for page in PAGES.glob("*.md"):
            fences = re.findall(r"^```(.*)$", page.read_text(), re.MULTILINE)
            self.assertLessEqual(set(fences), {"", "sh", "sh cluster", "sh gpu", "text"}, page.name)
            self.assertEqual(len(fences) % 2, 0, page.name)

    def test_commands_that_are_not_run_name_programs_files_and_options_that_there_are(self):
        kinds = subprocess.run([PACK, "--help"], capture_output=True, text=True).stdout
        commands = subprocess.run([HPCTRAIN, "--help"], capture_output=True, text=True).stdout
        seen = 0
        for page, words in self.commands_elsewhere():
            seen += 1
            with self.subTest(page, command=words):
                self.assertIn(words[0], ("sbatch", "hpctrain", "hpctrain-pack", "mpirun"))
                for word in words:
                    if word.startswith("jobs/"):
                        self.assertTrue((SOURCE / word).exists(), word)
                    if word.startswith("--"):
                        self.assertIn(word.split("=")[0], OPTIONS | COMMAND_FLAGS | SBATCH_FLAGS)
                if words[0] == "hpctrain-pack":
                    self.assertRegex(kinds, rf"(?m)^ +{words[1]} ")
                if words[0] == "hpctrain" and not words[1].endswith(".ini"):
                    self.assertRegex(commands, rf"hpctrain {words[1]}\b")
        self.assertGreater(seen, 5)

    def test_options_and_pages_that_are_named_exist(self):
        for page in PAGES.glob("*.md"):
            text = page.read_text()
            with self.subTest(page.name):
                named = re.findall(r"`(?:--)?((?:data|cache|task|model|optim|train|eval|checkpoint|monitor|sweep)\.[a-z-]+)[ `]",
                                   text)
                self.assertEqual({f"--{name}" for name in named} - OPTIONS - {"--sweep.json"}, set())
                for link in re.findall(r"\]\(([^)#:]+)", text):
                    self.assertTrue((PAGES / link).exists(), link)

    def test_every_page_is_listed(self):
        listed = set(re.findall(r"\]\(([a-z-]+\.md)\)", (PAGES / "README.md").read_text()))
        self.assertEqual(listed | {"README.md"}, {page.name for page in PAGES.glob("*.md")})


if __name__ == "__main__":
    unittest.main()
