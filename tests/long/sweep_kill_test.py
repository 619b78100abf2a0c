"""Two hundred random SIGKILLs of sweeps."""
import os
import unittest

from hpctrain_test import ProgramTest, make_dataset
from sweep_kill_suite import ASHA, SweepKillSuite

SEED = int(os.environ.get("HPCTRAIN_TEST_SEED", 20261129))


class SweepKillTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=1003, validation=50)

    def test_grids_on_groups_of_one_and_of_two_ranks_survive_a_hundred_kills(self):
        for ranks, ranks_per_trial in ((2, 1), (4, 2)):
            suite = SweepKillSuite(self, self.data, self.folder, ranks=ranks, seed=SEED + ranks,
                                   flags=("--sweep.ranks-per-trial", ranks_per_trial))
            self.assertEqual(suite.run(50)["kills"], 50)

    def test_decisions_of_asha_survive_a_hundred_kills(self):
        suite = SweepKillSuite(self, self.data, self.folder, ranks=3, seed=SEED, scheduler=ASHA)
        self.assertEqual(suite.run(100)["kills"], 100)


if __name__ == "__main__":
    unittest.main()
