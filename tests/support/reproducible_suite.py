"""What the tests of train.micro-shards share: one run on several numbers of ranks, and what must be the same in all."""
import concurrent.futures

from hpctrain_test import ProgramTest, end_of, make_dataset, read_metrics, run_hpctrain

WORLDS = (1, 2, 3, 4, 8)


def results_of(run) -> dict:
    """Everything that has to be the same: the state, each step's loss, each evaluation's numbers."""
    return {"state": end_of(run)["state_digest"],
            "losses": [line["loss"] for line in read_metrics(run, "step")],
            "scores": [line["metrics"] for line in read_metrics(run, "eval")]}


class ReproducibleProgramTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = make_dataset(self.folder, train=1003, side=8)

    def train(self, run, ranks, *flags, micro_shards=8):
        result = run_hpctrain("--data", self.data, "--train.micro-shards", micro_shards, "--run.quiet", *flags,
                              "--out", self.folder / run, ranks=ranks, timeout=400)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.folder / run

    def assert_equal_on(self, worlds, steps, *flags):
        flags = (*flags, "--train.steps", steps, "--epochs", "100", "--eval.every-epochs", "0")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            runs = dict(zip(worlds, pool.map(lambda ranks: self.train(f"on-{ranks}", ranks, *flags), worlds)))
        expected = results_of(runs[1])
        self.assertEqual(len(expected["losses"]), steps)
        self.assertGreater(len(set(expected["losses"])), steps // 2, "nothing was learned")
        for ranks, run in runs.items():
            self.assertEqual(results_of(run), expected, f"{ranks} ranks")
