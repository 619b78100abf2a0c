"""Landmarks as a user meets them: a table of pictures, training, scores, predictions and overlays."""
import csv
import json
import random
import subprocess
import unittest

from hpctrain_test import HPCTRAIN, ProgramTest, end_of, launch_command, read_metrics, run_hpctrain, run_pack
from PIL import Image, ImageDraw

LANDMARKS = 4
SIZES = [(96, 96), (120, 80), (64, 128)]
SIDE = 64  # of the stored pictures
SPACING_MM = 0.5


def draw_picture(generator, size):
    """A grey square with a corner of its own for each landmark; the truth in pixels, centres at integers."""
    width, height = size
    image = Image.new("L", size, 40)
    side = min(size) // 3
    left, top = generator.randrange(8, width - side - 8), generator.randrange(8, height - side - 8)
    draw = ImageDraw.Draw(image)
    draw.rectangle([left, top, left + side, top + side], fill=120)
    corners = [(left, top), (left + side, top), (left, top + side), (left + side, top + side)]
    for (x, y), shade in zip(corners, (255, 200, 0, 80)):
        draw.ellipse([x - 4, y - 4, x + 4, y + 4], fill=shade)
    return image, corners


def write_table(folder, count=30, seed=1):
    """Pictures of three sizes and two formats; every fifth lacks its second landmark; the last ten are the test split."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = random.Random(seed)
    lines = ["image," + ",".join(f"x{k},y{k}" for k in range(1, LANDMARKS + 1)) + ",spacing_mm,split"]
    for i in range(count):
        image, corners = draw_picture(generator, SIZES[i % 3])
        name = f"film{i:02}.{'png' if i % 2 else 'bmp'}"
        image.save(folder / name)
        cells = [f"{x},{y}" for x, y in corners]
        if i % 5 == 0:
            cells[1] = ","
        lines.append(",".join([name, *cells, str(SPACING_MM), "test" if i >= 20 else "train"]))
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    return folder / "table.csv"


def read_csv(path):
    with open(path) as table:
        return list(csv.DictReader(table))


def stored_scale(row):
    return SIDE / max(SIZES[row % 3])


def stored_point(rows, row, landmark):
    """Where a landmark lies in the letterboxed picture, or None."""
    if not rows[row][f"x{landmark}"]:
        return None
    scale = stored_scale(row)
    return [(float(rows[row][f"{axis}{landmark}"]) + 0.5) * scale - 0.5 + (SIDE - extent * scale) / 2
            for axis, extent in zip("xy", SIZES[row % 3])]


def mean_shape_error_mm(rows):
    """By hand: the mean stored place over the training pictures, compared with the test pictures at original size."""
    errors = []
    for k in range(1, LANDMARKS + 1):
        known = [point for point in (stored_point(rows, i, k) for i in range(20)) if point]
        mean = [sum(point[axis] for point in known) / len(known) for axis in (0, 1)]
        for i in range(20, 30):
            point = stored_point(rows, i, k)
            if point:
                distance = ((point[0] - mean[0]) ** 2 + (point[1] - mean[1]) ** 2) ** 0.5
                errors.append(SPACING_MM * distance / stored_scale(i))
    return sum(errors) / len(errors)


def run_command(*arguments, ranks=1):
    words = [str(argument) for argument in arguments]
    command = launch_command(words, ranks) if ranks > 1 else [HPCTRAIN, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


class LandmarkCommands(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = ProgramTest("run")
        cls.shared.setUp()
        cls.source = write_table(cls.shared.folder / "films")
        cls.data = cls.shared.folder / "data"
        packed = run_pack("landmarks-csv", cls.source, "-o", cls.data, "--size", f"{SIDE}x{SIDE}")
        assert packed.returncode == 0, packed.stderr
        cls.run_folder = cls.shared.folder / "run"
        cls.trained = run_hpctrain("--data", cls.data, "--task.name", "landmarks", "--model", "unet", "--optim.name",
                                   "adamw", "--lr", "0.003", "--batch", "4", "--epochs", "12", "--data.augment",
                                   "affine(rotate=5, translate=0.1) | jitter(contrast=0.1)", "--out", cls.run_folder,
                                   ranks=2)
        assert cls.trained.returncode == 0, cls.trained.stderr

    @classmethod
    def tearDownClass(cls):
        cls.shared.doCleanups()

    def evaluate(self, *arguments, ranks=1):
        result = run_command("eval", self.run_folder, *arguments, ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def scored(self, *arguments, ranks=1):
        return json.loads(self.evaluate("--json", *arguments, ranks=ranks))["splits"]["test"]

    def of_run(self):
        return read_metrics(self.run_folder, "eval")[-1]

    def test_four_landmarks_of_pictures_of_several_sizes_train_and_are_scored_in_millimetres(self):
        losses = [line["loss"] for line in read_metrics(self.run_folder, "step")]
        self.assertLess(sum(losses[-5:]), 0.8 * sum(losses[:5]))
        self.assertEqual(self.of_run()["split"], "test")
        self.assertIn("mre_mm", self.of_run()["metrics"])
        self.assertNotIn("doctors_mm", self.of_run()["metrics"])
        self.assertIn("truth: the data set's one annotation", self.trained.stdout)

    def test_eval_repeats_the_scores_of_the_run_on_any_number_of_ranks(self):
        for ranks in (1, 3):
            split = self.scored(ranks=ranks)
            self.assertEqual(split["samples"], 10)
            self.assertEqual(set(split["metrics"]), set(self.of_run()["metrics"]))
            for name, value in self.of_run()["metrics"].items():
                self.assertAlmostEqual(split["metrics"][name], value, places=4, msg=f"{name} on {ranks} ranks")

    def test_eval_sees_another_data_set_with_the_statistics_of_training(self):
        lines = self.source.read_text().splitlines()
        alone = self.source.parent / "alone.csv"
        alone.write_text("\n".join(lines[:1] + lines[21:]) + "\n")
        packed = run_pack("landmarks-csv", alone, "-o", self.folder / "alone", "--size", f"{SIDE}x{SIDE}")
        self.assertEqual(packed.returncode, 0, packed.stderr)
        split = self.scored("--data", self.folder / "alone")
        for name, value in self.of_run()["metrics"].items():
            self.assertAlmostEqual(split["metrics"][name], value, places=4, msg=name)
        packed = run_pack("landmarks-csv", alone, "-o", self.folder / "small", "--size", "32x32")
        self.assertEqual(packed.returncode, 0, packed.stderr)
        self.assert_refused(run_command("eval", self.run_folder, "--data", self.folder / "small"), 64, "field image",
                            "64×64×1")
        self.assert_refused(run_command("eval", self.run_folder, "--data", self.folder / "alone", "--baselines"), 64,
                            "no training split")

    def test_a_run_does_not_continue_with_another_data_set_and_stays_as_it_was(self):
        before = {name: (self.run_folder / name).read_bytes() for name in ("run.ini", "dataset.json")}
        packed = run_pack("landmarks-csv", self.source, "-o", self.folder / "other", "--size", f"{SIDE}x{SIDE}", "--seed", "9")
        self.assertEqual(packed.returncode, 0, packed.stderr)
        result = run_hpctrain("--out", self.run_folder, "--data", self.folder / "other", "--epochs", "13", ranks=2)
        self.assert_refused(result, 64, "holds another data set")
        for name, content in before.items():
            self.assertEqual((self.run_folder / name).read_bytes(), content, name)

    def test_eval_counts_every_annotated_point_and_lists_the_worst_films(self):
        lines = [line.split() for line in self.evaluate("--worst", "2").splitlines() if line.startswith(("L1", "L2", "all"))]
        self.assertEqual({line[0]: int(line[1]) for line in lines}, {"L1": 10, "L2": 8, "all": 38})
        worst = self.scored("--worst", "2")["worst"]
        self.assertEqual(len(worst), 2)
        self.assertGreaterEqual(worst[0]["error"], worst[1]["error"])
        self.assertTrue(all(sample["sample"] >= 20 for sample in worst))

    def test_eval_shows_what_answers_without_learning(self):
        split = self.scored("--baselines")
        self.assertAlmostEqual(split["mean_shape"]["mre_mm"], mean_shape_error_mm(read_csv(self.source)), places=3)
        self.assertLess(split["metrics"]["mre_mm"], split["untrained"]["mre_mm"])
        self.assertLess(split["metrics"]["loss"], split["untrained"]["loss"])

    def test_eval_writes_predictions_and_overlays_of_the_worst(self):
        folder = self.folder / "pictures"
        self.evaluate("--worst", "3", "-o", folder, ranks=2)
        self.assertEqual(len(list(folder.glob("test-worst-*.png"))), 3)
        rows = read_csv(folder / "test-predictions.csv")
        self.assertEqual(len(rows), 10 * LANDMARKS)
        errors = [float(row["error_mm"]) for row in rows if row["error_mm"]]
        self.assertEqual(len(errors), 38)
        self.assertAlmostEqual(sum(errors) / 38, self.of_run()["metrics"]["mre_mm"], places=3)
        curve = read_csv(folder / "test-error-curve.csv")
        self.assertEqual([float(point["radius_mm"]) for point in curve], [0.25 * i for i in range(1, 41)])
        for point in curve:
            within = sum(error <= float(point["radius_mm"]) for error in errors) / 38
            self.assertAlmostEqual(float(point["all"]), within, places=5)
        self.assertEqual(list(curve[0])[2:], [f"L{k}" for k in range(1, LANDMARKS + 1)])

    def test_predict_answers_as_eval_does_and_draws_each_picture(self):
        folder = self.folder / "answers"
        pictures = [self.source.parent / "film20.bmp", self.source.parent / "film21.png"]
        result = run_command("predict", self.run_folder, *pictures, "--truth", self.source, "-o", folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("mm over 7 landmarks", result.stdout)
        answered = [row for row in read_csv(folder / "predictions.csv") if row["image"] == "film20.bmp"]
        self.evaluate("-o", self.folder / "scored")
        scored = [row for row in read_csv(self.folder / "scored" / "test-predictions.csv") if row["image"] == "20"]
        self.assertEqual((len(answered), len(scored)), (LANDMARKS, LANDMARKS))
        for mine, theirs in zip(answered, scored):
            for column in ("x", "y", "truth_x", "error_mm"):
                self.assertEqual(mine[column] == "", theirs[column] == "")
                if mine[column]:
                    self.assertAlmostEqual(float(mine[column]), float(theirs[column]), delta=2e-3)
        for picture in pictures:
            with Image.open(folder / (picture.stem + "-overlay.png")) as overlay:
                self.assertIn(max(overlay.size), (1000, 1000))
                colours = {colour for _, colour in overlay.convert("RGB").getcolors(1 << 20)}
            self.assertIn((255, 70, 60), colours)
            self.assertIn((60, 230, 90), colours)

    def test_predict_needs_neither_the_data_set_nor_a_truth(self):
        hidden = self.data.with_name("elsewhere")
        self.data.rename(hidden)
        try:
            result = run_command("predict", self.run_folder, self.source.parent / "film22.bmp", "-o", self.folder / "alone")
        finally:
            hidden.rename(self.data)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = read_csv(self.folder / "alone" / "predictions.csv")
        self.assertEqual(len(rows), LANDMARKS)
        self.assertTrue(all(row["truth_x"] == "" and row["x"] for row in rows))

    def test_what_cannot_be_scored_or_predicted_is_refused_in_one_line(self):
        broken = self.folder / "broken.png"
        picture = self.source.parent / "film21.png"
        broken.write_bytes(picture.read_bytes()[:-40])
        run, out = self.run_folder, self.folder / "out"
        cases = (
            (64, ("not a run directory",), ("eval", self.folder)),
            (64, ("no run directory",), ("eval",)),
            (64, ("one run directory",), ("eval", run, "more")),
            (64, ("model.name is resnet18", "leave it away"), ("eval", run, "--model", "resnet18")),
            (65, ("test9",), ("eval", run, "--split", "test9")),
            (64, ("junior", "one annotation"), ("eval", run, "--landmarks.truth", "junior")),
            (64, ("predict needs pictures",), ("predict", run, "-o", out)),
            (65, ("broken.png",), ("predict", run, broken, "-o", out)),
            (65, ("missing.png",), ("predict", run, self.folder / "missing.png", "-o", out)),
            (64, ("two pictures are named film21",), ("predict", run, picture, picture, "-o", out)),
            (64, ("neither a folder",), ("predict", run, picture, "--truth", self.folder / "no.csv", "-o", out)),
        )
        for code, words, arguments in cases:
            with self.subTest(words=words):
                self.assert_refused(run_command(*arguments), code, *words)

    def test_a_network_that_does_not_fit_the_task_is_refused_at_start(self):
        result = run_hpctrain("--data", self.data, "--task.name", "landmarks", "--model", "resnet18", "--batch", "4",
                              "--out", self.folder / "run", ranks=2)
        self.assert_refused(result, 64, "model.name resnet18 gives one number per class", "unet")


class PredictClasses(ProgramTest):
    def test_predict_lists_the_likeliest_classes_of_pictures_from_a_folder(self):
        generator = random.Random(3)
        source = self.folder / "source"
        for label, shade in (("dark", 30), ("light", 220)):
            for split, count in (("train", 24), ("test", 6)):
                (source / split / label).mkdir(parents=True)
                for i in range(count):
                    size = (generator.randrange(20, 40), generator.randrange(20, 40))
                    image = Image.new("RGB", size, (shade + generator.randrange(-20, 20),) * 3)
                    image.save(source / split / label / f"{i}.{generator.choice(['jpg', 'png', 'bmp'])}")
        packed = run_pack("folder", source, "-o", self.folder / "data", "--size", "16x16")
        self.assertEqual(packed.returncode, 0, packed.stderr)
        run = self.folder / "run"
        trained = run_hpctrain("--data", self.folder / "data", "--batch", "8", "--epochs", "4", "--lr", "0.01", "--out", run)
        self.assertEqual(trained.returncode, 0, trained.stderr)
        self.assertEqual(end_of(run)["reason"], "finished")
        pictures = sorted((source / "test" / "light").iterdir())
        result = run_command("predict", run, *pictures, "-o", self.folder / "out")
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = read_csv(self.folder / "out" / "predictions.csv")
        self.assertEqual(len(rows), 2 * len(pictures))
        first = [row for row in rows if row["place"] == "1"]
        self.assertTrue(all(row["class"] == "light" and float(row["probability"]) > 0.5 for row in first), first)


if __name__ == "__main__":
    unittest.main()
