"""`hpctrain bench` as a user calls it: the names scripts rely on, for stored pixels and for encoded pictures."""
import json
import unittest

from hpctrain_test import run_hpctrain, run_pack
from packing import PackTest, noise


class BenchDataTest(PackTest):
    def bench(self, *pack_options: str) -> dict:
        for i in range(40):
            self.save(f"{'ab'[i % 2]}/{i}.png", noise(i, 24, 24, 3))
        packed = self.folder / "packed"
        result = run_pack("folder", self.folder / "source", "-o", packed, *pack_options)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = run_hpctrain("bench", "data", "--data", packed, "--batch", 8, "--rounds", 1, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def check(self, report: dict) -> None:
        self.assertEqual(report["samples"], 40)
        self.assertEqual(report["bytes"], 40 * (24 * 24 * 3 + 8))
        self.assertIn(report["engine"], ("mmap", "pread"))
        for name in ("samples_per_second", "memcpy_samples_per_second", "pread_samples_per_second",
                     "first_batch_seconds"):
            self.assertGreater(report[name], 0, name)

    def test_stored_pixels_are_measured(self):
        self.check(self.bench())

    def test_encoded_pictures_are_measured(self):
        self.check(self.bench("--store", "encoded"))

    def test_what_cannot_be_measured_is_named(self):
        self.assert_refused(run_hpctrain("bench", "sleep"), 64, "bench needs what to measure", "data")
        self.assert_refused(run_hpctrain("bench", "data"), 64, "--data DIR")


if __name__ == "__main__":
    unittest.main()
