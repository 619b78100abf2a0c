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
        SweepKillSuite(self, self.data, self.folder, ranks=2, seed=SEED).run(50)
        SweepKillSuite(self, self.data, self.folder, ranks=4, seed=SEED + 1,
                       flags=("--sweep.ranks-per-trial", "2")).run(50)

    def test_decisions_of_asha_survive_a_hundred_kills(self):
        SweepKillSuite(self, self.data, self.folder, ranks=3, seed=SEED + 2, scheduler=ASHA).run(100)


if __name__ == "__main__":
    unittest.main()
