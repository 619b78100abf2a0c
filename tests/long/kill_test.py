"""Five hundred random SIGKILLs."""
import os
import time
import unittest

from hpctrain_test import ProgramTest, make_dataset
from kill_suite import run_kill_suite

SEED = int(os.environ.get("HPCTRAIN_TEST_SEED", time.time()))


class KillTest(ProgramTest):
    def test_runs_of_two_three_and_four_ranks_survive_five_hundred_kills(self):
        data = make_dataset(self.folder, train=1003)
        for ranks, kills in ((2, 200), (3, 150), (4, 150)):
            self.assertEqual(run_kill_suite(self, data, self.folder, ranks, kills, SEED + ranks), kills + 1)


if __name__ == "__main__":
    unittest.main()
