"""The whole matrix of exact resume: tasks × 1, 2 and 4 ranks × fp32 and bf16 × five cuts."""
import os
import time
import unittest

from hpctrain_test import ProgramTest
from resume_matrix import TASKS, compare_cuts, pack_for

SEED = int(os.environ.get("HPCTRAIN_TEST_SEED", time.time()))


class ResumeMatrixTest(ProgramTest):
    def test_every_task_rank_count_and_precision_goes_on_bit_for_bit(self):
        for task in TASKS:
            data = pack_for(task, self.folder)
            for ranks in (1, 2, 4):
                for precision in ("fp32", "bf16"):
                    compared = compare_cuts(self, task, data, self.folder, ranks, 5, SEED, "--precision", precision)
                    self.assertEqual(compared, 5)


if __name__ == "__main__":
    unittest.main()
