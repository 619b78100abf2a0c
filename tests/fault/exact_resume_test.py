"""Every task goes on bit for bit after a SIGKILL, with checkpoints written in the background."""
import unittest

from hpctrain_test import ProgramTest
from resume_matrix import compare_cuts, pack_for


class ExactResumeTest(ProgramTest):
    def test_classification_goes_on_bit_for_bit_on_one_and_two_ranks(self):
        data = pack_for("classification", self.folder)
        for ranks in (1, 2):
            self.assertEqual(compare_cuts(self, "classification", data, self.folder, ranks, 2, 21), 2)

    def test_landmarks_go_on_bit_for_bit_on_one_and_two_ranks(self):
        data = pack_for("landmarks", self.folder)
        for ranks in (1, 2):
            self.assertEqual(compare_cuts(self, "landmarks", data, self.folder, ranks, 1, 22), 1)


if __name__ == "__main__":
    unittest.main()
