"""Ten seconds of fresh mutants for every parser; a failure prints the seed."""
import concurrent.futures
import os
import re
import subprocess
import unittest

from hpctrain_test import BIN

ROOMS = ("config", "data", "pack", "checkpoint", "sweep")
SECONDS = "10"


def suites_of(program) -> list[str]:
    """Every test named Mutants in the program, by the names GoogleTest gives them."""
    listed = subprocess.run([program, "--gtest_list_tests", "--gtest_filter=*Mutants*"], capture_output=True, text=True,
                            check=True).stdout
    names, suite = [], ""
    for line in listed.splitlines():
        if line.startswith("  "):
            names.append(suite + line.split("#")[0].strip())
        elif line.endswith("."):
            suite = line
    return names


def mutate(room: str, name: str) -> subprocess.CompletedProcess:
    return subprocess.run([BIN / f"unit_{room}", f"--gtest_filter={name}"], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "HPCTRAIN_FUZZ_SECONDS": SECONDS})


class MutantsTest(unittest.TestCase):
    def test_no_parser_crashes_or_answers_with_anything_but_its_own_error(self):
        tests = [(room, name) for room in ROOMS for name in suites_of(BIN / f"unit_{room}")]
        self.assertEqual({room for room, _ in tests}, set(ROOMS))
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for (room, name), result in zip(tests, pool.map(lambda test: mutate(*test), tests)):
                with self.subTest(name):
                    self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                    tried = int(re.search(r"(\d+) mutants", result.stdout)[1])
                    print(f"{room} {name}: {tried} mutants", flush=True)
                    self.assertGreater(tried, 0)


if __name__ == "__main__":
    unittest.main()
