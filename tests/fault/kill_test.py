"""Random SIGKILLs of one rank, of all, of the launcher: nothing that was promised is lost, nothing is left behind."""
import unittest

from hpctrain_test import ProgramTest, make_dataset
from kill_suite import run_kill_suite


class KillTest(ProgramTest):
    def test_a_run_of_two_ranks_survives_twelve_kills(self):
        data = make_dataset(self.folder, train=1003)
        self.assertEqual(run_kill_suite(self, data, self.folder, 2, 12, 11), 13)

    def test_a_run_of_four_ranks_survives_eight_kills(self):
        data = make_dataset(self.folder, train=1003)
        self.assertEqual(run_kill_suite(self, data, self.folder, 4, 8, 12), 9)


if __name__ == "__main__":
    unittest.main()
