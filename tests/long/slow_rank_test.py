"""Ten minutes with a rank that runs a fifth of the time: slow is not dead."""
import unittest

from hang_suite import HangProgramTest


class SlowRankTest(HangProgramTest):
    def test_a_rank_slowed_five_times_is_no_alarm_in_ten_minutes(self):
        self.assertGreater(self.slow_a_rank_for(600), 0)


if __name__ == "__main__":
    unittest.main()
