"""A hundred steps of ResNet-18 with batch normalisation, the same bits on 1, 2, 3, 4 and 8 ranks."""
import unittest

from reproducible_suite import WORLDS, ReproducibleProgramTest


class ReproducibleResnetTest(ReproducibleProgramTest):
    def test_resnet18_has_the_same_weights_after_100_steps_on_any_number_of_ranks(self):
        self.assert_equal_on(WORLDS, 100, "--model.name", "resnet18", "--model.stem", "small", "--batch", "21",
                                          "--eval.max-samples", "50")


if __name__ == "__main__":
    unittest.main()
