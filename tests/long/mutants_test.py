"""Ten thousand damaged data sets: none hangs, none brings a rank down, none trains on a wrong sample."""
import json
import subprocess
import unittest

from hpctrain_test import BIN, ProgramTest, make_dataset


class MutantsTest(ProgramTest):
    def test_ten_thousand_mutants(self):
        data = make_dataset(self.folder, train=60, test=20, side=8)
        result = subprocess.run([BIN / "damage_probe", "mutants", data, "10000", "3"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        outcome = json.loads(result.stdout)
        self.assertEqual(outcome["silent"] + outcome["loader_crashed"] + outcome["hung"], 0, result.stdout + result.stderr)
        self.assertLess(outcome["slowest_seconds"], 10)
        self.assertLess(outcome["most_resident_kib"], 1 << 20)
        self.assertGreater(outcome["refused"], 1000)


if __name__ == "__main__":
    unittest.main()
