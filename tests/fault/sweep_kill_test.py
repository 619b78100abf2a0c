"""Sweeps whose ranks or launcher are killed at random moments: each trial ends exactly once, as in the unbroken one."""
import unittest

from hpctrain_test import ProgramTest, make_dataset
from sweep_kill_suite import ASHA, SweepKillSuite


class SweepKillTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=1003, validation=50)

    def test_each_trial_of_a_grid_ends_exactly_once_over_ten_kills(self):
        suite = SweepKillSuite(self, self.data, self.folder, ranks=2, seed=1)
        self.assertEqual(suite.run(10)["kills"], 10)

    def test_what_asha_decided_stands_over_ten_kills(self):
        suite = SweepKillSuite(self, self.data, self.folder, ranks=2, seed=2, scheduler=ASHA)
        self.assertEqual(suite.run(10)["kills"], 10)


if __name__ == "__main__":
    unittest.main()
