"""`monitor.trace`: what Perfetto gets to see of a few steps on every rank."""
import json
import unittest

from hpctrain_test import ProgramTest, make_dataset, read_metrics, run_hpctrain

STEPS, PHASES, OPERATORS = 0, 1, 2


class TraceTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=200, test=20)

    def trace(self, text, *arguments, ranks=1):
        self.run_folder = self.folder / "run"
        result = run_hpctrain("--data", self.data, "--out", self.run_folder, "--batch", "20", "--epochs", "1",
                              "--monitor.trace", text, *arguments, ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.log = result.stderr
        return json.loads((self.run_folder / "trace.json").read_text())

    def slices(self, trace, rank, lane):
        return [event for event in trace["traceEvents"]
                if event["ph"] == "X" and event["pid"] == rank and (event["tid"] >= lane if lane == OPERATORS
                                                                    else event["tid"] == lane)]

    def assert_inside(self, inner, outer):
        for slice in inner:
            self.assertTrue(any(o["ts"] - 1 <= slice["ts"] and slice["ts"] + slice["dur"] <= o["ts"] + o["dur"] + 1
                                for o in outer), slice)

    def test_every_rank_shows_steps_phases_and_operators(self):
        trace = self.trace("3:5", ranks=2)
        names = {event["args"]["name"] for event in trace["traceEvents"] if event["name"] == "process_name"}
        self.assertEqual({name.split(" on ")[0] for name in names}, {"rank 0", "rank 1"})
        written = {line["step"]: line["phase_seconds"] for line in read_metrics(self.run_folder, "step")}
        for rank in (0, 1):
            steps = self.slices(trace, rank, STEPS)
            self.assertEqual([slice["name"] for slice in steps], ["step 3", "step 4", "step 5"])
            phases = self.slices(trace, rank, PHASES)
            self.assertTrue({"data_wait", "make_batch", "forward", "backward", "communication", "optimizer"}
                            <= {slice["name"] for slice in phases})
            for before, after in zip(phases, phases[1:]):
                self.assertLessEqual(before["ts"] + before["dur"], after["ts"] + 1)
            operators = self.slices(trace, rank, OPERATORS)
            self.assertIn("aten::convolution", {slice["name"] for slice in operators})
            self.assertTrue(any("Backward" in slice["name"] for slice in operators))
            self.assert_inside(operators, steps)
        # Of rank zero, the diary has the same seconds.
        forward = sum(slice["dur"] for slice in self.slices(trace, 0, PHASES) if slice["name"] == "forward") / 1e6
        self.assertAlmostEqual(forward, sum(written[step]["forward"] for step in (3, 4, 5)), places=5)
        top = trace["top_operators"]
        self.assertEqual(len(top), 10)
        self.assertEqual([sum["own_seconds"] for sum in top], sorted((sum["own_seconds"] for sum in top), reverse=True))
        total = sum(slice["dur"] for slice in self.slices(trace, 0, STEPS)) / 1e6
        self.assertLess(sum(sum_["own_seconds"] for sum_ in top), total)
        self.assertGreater(top[0]["own_seconds"], 0)
        self.assertIn(top[0]["name"], self.log)

    def test_a_range_that_the_run_does_not_reach_to_its_end_is_written_as_far_as_it_came(self):
        trace = self.trace("9:400")
        self.assertEqual([slice["name"] for slice in self.slices(trace, 0, STEPS)], ["step 9", "step 10"])

    def test_a_range_that_is_none_is_refused(self):
        for text in ("5:4", "0:3", "x", "1:2000"):
            self.assert_refused(run_hpctrain("--data", self.data, "--monitor.trace", text), 64, "monitor.trace", text)


if __name__ == "__main__":
    unittest.main()
