"""`hpctrain plan`: memory and time beforehand, and the truth beside them afterwards."""
import json
import re
import unittest

from hpctrain_test import ProgramTest, make_dataset, run_hpctrain, run_pack
from PIL import Image


class PlanTest(ProgramTest):
    def plan(self, *flags, ranks=1):
        result = run_hpctrain("plan", *flags, "--json", ranks=ranks)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return json.loads(result.stdout)

    def test_a_table_says_for_each_size_and_format_what_fits_a_card(self):
        flags = ["--model", "resnet18", "--model.stem", "small", "--records", "32x32x3", "--batches", "8,4000",
                 "--image-sizes", "16,32", "--precisions", "fp32,bf16", "--card", "1"]
        plan = self.plan(*flags)
        rows = {(row["image"], row["precision"], row["micro_batch"]): row for row in plan["memory"]}
        self.assertEqual(len(rows), 8)
        for row in rows.values():
            parts = row["activation_bytes"] + row["slot_bytes"] + row["saved_bytes"] + row["resident_bytes"]
            self.assertEqual(row["bytes"], plan["state"]["bytes"] + parts)
            self.assertEqual(row["fit"], "safe" if row["micro_batch"] == 8 else "impossible", row)
        small, large = (rows[(size, "fp32", 4000)]["activation_bytes"] for size in ("16 × 16", "32 × 32"))
        self.assertGreater(large, 3 * small)
        self.assertLess(rows[("32 × 32", "bf16", 4000)]["bytes"], rows[("32 × 32", "fp32", 4000)]["bytes"])
        for largest in plan["largest"]:
            self.assertGreater(largest["micro_batch"], 8)
            self.assertLess(largest["micro_batch"], 4000)
        # Four bytes for each of the parameters, as many for gradients and momentum.
        self.assertEqual(plan["state"]["parameter_bytes"], 4 * plan["parameters"])
        self.assertEqual(plan["state"]["optimizer_bytes"], 4 * plan["parameters"])

    def test_more_ranks_share_an_epoch_and_their_hours_are_told(self):
        plan = self.plan("--batches", "16", "--ranks", "1 2 4", "--batch", "64", "--epochs", "3")
        times = plan["time"]
        self.assertEqual([time["ranks"] for time in times], [1, 2, 4])
        self.assertEqual(plan["samples"], 60000)
        self.assertEqual(times[0]["exposed_seconds"], 0)
        for time in times:
            self.assertAlmostEqual(time["run_seconds"], 3 * 938 * time["step_seconds"], delta=1e-2 * time["run_seconds"])
            self.assertLessEqual(time["exposed_seconds"], time["communication_seconds"])
        self.assertGreater(plan["cache_bytes"], 60000 * 28 * 28)

    def test_sums_are_measured_where_there_are_ranks(self):
        result = run_hpctrain("plan", "--batches", "16", ranks=2)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("measured over 2 ranks", result.stdout)
        self.assertEqual(result.stdout.count("hpctrain plan"), 1)

    def test_a_size_that_a_network_cannot_take_is_a_line_with_its_reason(self):
        result = run_hpctrain("plan", "--image-sizes", "4,32", "--model", "strided-convnet", "--records", "32x32x3",
                              "--task.name", "classification", "--batches", "8")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"(?m)^  4 × 4 .*—.*(small|pixels|least)")
        self.assertRegex(result.stdout, r"(?m)^  32 × 32 .* safe")

    def test_impossible_values_are_refused_in_one_line(self):
        for flags, words in ((["--card", "A101-40"], "A100-40"), (["--card", "0"], "no card"),
                             (["--batches", "0"], "--batches"), (["--batches", "8,x"], "'x'"),
                             (["--precisions", "fp8"], "fp8"), (["--ranks", ""], "--ranks"),
                             (["--image-sizes", "2"], "data.image-size"), (["--records", "8"], "--records"),
                             (["--model", "small-convnet", "--records", "3x3x1"], "4×4"),
                             (["--data", self.folder, "--records", "8x8x1"], "--records"),
                             (["--compare", self.folder], "not a run directory")):
            result = run_hpctrain("plan", *flags)
            self.assertEqual(result.returncode, 64, f"{flags}: {result.stdout}{result.stderr}")
            self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)
            self.assertIn(words, result.stderr)

    def test_a_batch_larger_than_the_training_split_is_refused_as_by_training(self):
        data = make_dataset(self.folder)
        flags = ["--data", data, "--batch", "5000"]
        planned = run_hpctrain("plan", *flags, "--batches", "4")
        trained = run_hpctrain(*flags, "--out", self.folder / "run")
        self.assert_refused(trained, 64, "train.batch 5000 is larger", str(data), "smaller --batch")
        self.assert_refused(planned, 64, re.search("train.batch 5000 is larger.*", trained.stderr).group())

    def test_images_are_booked_where_the_run_would_keep_them(self):
        for i in range(12):
            (self.folder / "source" / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (16, 16), (20 * i, 0, 0)).save(self.folder / "source" / "ab"[i % 2] / f"{i}.png")
        packed = run_pack("folder", self.folder / "source", "-o", self.folder / "encoded", "--store", "encoded")
        self.assertEqual(packed.returncode, 0, packed.stderr)
        flags = ["--data", self.folder / "encoded", "--batch", "4", "--batches", "4", "--card", "1"]
        crop = ["--data.augment", "random-resized-crop"]
        whole = ["--data.augment", "none"]
        for more, booked in ((whole, 12 * 16 * 16 * 3), ([*whole, "--data.resident", "off"], 0), (crop, 0)):
            self.assertEqual(self.plan(*flags, *more)["memory"][0]["resident_bytes"], booked, more)
        refused = run_hpctrain("plan", *flags, *crop, "--data.resident", "on")
        self.assert_refused(refused, 64, "data.resident on", "random-resized-crop")

    def test_a_loss_over_the_whole_batch_takes_memory_by_the_square_of_its_samples(self):
        flags = ["--task.name", "contrastive", "--model", "strided-convnet", "--records", "16x16x3", "--batches", "8"]
        small, large = (self.plan(*flags, "--batch", str(batch))["memory"][0]["activation_bytes"] for batch in (64, 1024))
        self.assertAlmostEqual(large - small, 21 * 4 * (1024 ** 2 - 64 ** 2), delta=4e6)
        noted = run_hpctrain("plan", *flags, "--batch", "1024")
        self.assertIn("84.0 MiB of the loss, which compares all 1,024 samples", noted.stdout)

    def test_after_a_run_the_truth_stands_beside_the_forecast(self):
        data, out = make_dataset(self.folder), self.folder / "run"
        trained = run_hpctrain("--data", data, "--out", out, "--batch", "16", "--epochs", "3", "--train.threads", "1")
        self.assertEqual(trained.returncode, 0, trained.stderr)
        self.assertIn("expected memory", trained.stderr)
        review = self.plan("--compare", out)
        self.assertGreater(review["forecast"]["epoch_seconds"], 0)
        self.assertGreater(review["truth"]["epoch_seconds"], 0)
        self.assertGreater(review["forecast"]["peak_bytes"] / review["truth"]["peak_bytes"], 0.5)
        self.assertLess(review["forecast"]["peak_bytes"] / review["truth"]["peak_bytes"], 2)


if __name__ == "__main__":
    unittest.main()
