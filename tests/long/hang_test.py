"""Every phase a rank can be stopped in, rank zero and another: the right one is named in time."""
import unittest

from hang_suite import HangProgramTest

# What makes a phase long enough to be caught in it.
PHASES = {"forward": (), "backward": (), "optimizer": (), "communication": (),
          "data_wait": ("--data.engine", "pread", "--data.threads", "1"),
          "checkpoint": ("--checkpoint.every-steps", "3", "--checkpoint.async", "no")}


class HangMatrixTest(HangProgramTest):
    def test_either_rank_is_named_in_whatever_phase_it_stops(self):
        for phase, flags in PHASES.items():
            for rank in (0, 1):
                with self.subTest(phase=phase, rank=rank):
                    self.assert_stopped_rank_is_named(rank, phase, *flags)


if __name__ == "__main__":
    unittest.main()
