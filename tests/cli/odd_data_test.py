"""Data that are odd but not wrong: a class with one picture, a film without any landmark. Handled, and said."""
import csv
import json
import unittest

import numpy as np
from hpctrain_test import end_of, read_metrics, run_hpctrain, run_pack
from packing import PackTest, noise
from PIL import Image

SIDE = 32


class OneImageClassTest(PackTest):
    def setUp(self):
        super().setUp()
        for i in range(6):
            for place, label in enumerate(("dark", "light")):
                self.save(f"{label}/{i}.png", noise(i, 16, 16, 3) // 2 + 120 * place)
        self.save("rare/0.png", noise(9, 16, 16, 3))

    def test_is_told_when_it_is_packed_and_trains(self):
        _, splits, said = self.pack("folder", self.folder / "source")
        self.assertEqual(splits, {"train": 13})
        self.assertIn("1 of 3 classes have a single picture", said)
        self.assertIn("rare", said)
        run = self.folder / "run"
        result = run_hpctrain("--data", self.folder / "packed", "--model", "wrn-10-1", "--model.stem", "small", "--batch",
                              "6", "--epochs", "2", "--out", run, ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(end_of(run)["reason"], "finished")
        # The epoch's last batch holds one picture, so one of the ranks has none.
        self.assertEqual(len(read_metrics(run, "step")), 6)

    def test_is_on_one_side_of_each_fold_and_scored_where_it_is(self):
        sides = []
        for fold in (1, 2):
            result = run_pack("folder", self.folder / "source", "-o", self.folder / f"fold-{fold}", "--folds", "2", "--fold",
                              fold)
            self.assertEqual(result.returncode, 0, result.stderr)
            run = self.folder / f"run-{fold}"
            result = run_hpctrain("--data", self.folder / f"fold-{fold}", "--batch", "4", "--epochs", "1", "--out", run)
            self.assertEqual(result.returncode, 0, result.stderr)
            lines = run_hpctrain("eval", run, "--split", "validation").stdout.splitlines()
            rare = next(line.split() for line in lines if line.startswith("rare"))
            self.assertEqual(len(rare), 4)
            sides.append(int(rare[1]))
        self.assertEqual(sorted(sides), [0, 1])


class BareFilmTest(PackTest):
    """The third film of training and the second of the test have no landmark at all."""

    def setUp(self):
        super().setUp()
        source = self.folder / "source"
        source.mkdir()
        lines = ["image,x1,y1,x2,y2,spacing_mm,split"]
        for i in range(10):
            pixels = np.full((SIDE, SIDE), 40, np.uint8)
            pixels[8 + i, 10 + i] = 255
            Image.fromarray(pixels).save(source / f"{i}.png")
            places = ",,," if i in (2, 7) else f"{10 + i},{8 + i},{20},{5}"
            lines.append(f"{i}.png,{places},0.5,{'test' if i >= 6 else 'train'}")
        (source / "table.csv").write_text("\n".join(lines) + "\n")
        packed = run_pack("landmarks-csv", source / "table.csv", "-o", self.folder / "packed", "--size", f"{SIDE}x{SIDE}")
        self.assertEqual(packed.returncode, 0, packed.stderr)

    def train(self, network, *flags, ranks):
        run = self.folder / f"run-{network}"
        result = run_hpctrain("--data", self.folder / "packed", "--task.name", "landmarks", "--model", network, "--batch",
                              "3", "--epochs", "2", "--optim.name", "adamw", "--lr", "0.001", *flags, "--out", run,
                              ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return run

    def test_is_learned_around_and_left_out_of_every_error(self):
        # With three ranks one has the bare film alone.
        run = self.train("unet", "--landmarks.coordinate-weight", "0.5", ranks=3)
        self.assertTrue(all(np.isfinite(line["loss"]) for line in read_metrics(run, "step")))
        out = self.folder / "out"
        result = run_hpctrain("eval", run, "--worst", "9", "-o", out, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        split = json.loads(result.stdout)["splits"]["test"]
        self.assertEqual(split["samples"], 4)
        self.assertEqual(sorted(sample["sample"] for sample in split["worst"]), [6, 8, 9])
        with open(out / "test-predictions.csv") as table:
            rows = list(csv.DictReader(table))
        self.assertEqual({row["image"] for row in rows if row["error_mm"]}, {"6", "8", "9"})
        self.assertTrue(all(row["x"] and not row["truth_x"] for row in rows if row["image"] == "7"))

    def test_the_spatial_configuration_net_learns_around_it_too(self):
        run = self.train("scn", "--train.steps", "2", "--landmarks.sigma", "1.5", ranks=1)
        self.assertTrue(all(np.isfinite(line["loss"]) for line in read_metrics(run, "step")))
        self.assertIn("mre_mm", read_metrics(run, "eval")[-1]["metrics"])


if __name__ == "__main__":
    unittest.main()
