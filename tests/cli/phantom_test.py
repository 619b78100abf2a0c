"""Phantom cephalograms from drawing to packed records, read back by h5py: the geometry must lead back to the doctors."""
import csv
import hashlib
import os
import pathlib
import signal
import subprocess
import time
import unittest

import h5py
import numpy as np
from PIL import Image

from hpctrain_test import PACK, ProgramTest, run_pack, wait_until


def read_marks(films: pathlib.Path, doctor: str, number: int) -> np.ndarray:
    lines = (films / "AnnotationsByMD" / doctor / f"{number:03}.txt").read_text().splitlines()
    assert len(lines) == 27, lines
    return np.array([[float(v) for v in line.split(",")] for line in lines[:19]])


def read_records(dataset: pathlib.Path) -> dict[str, dict[int, dict]]:
    """split → film number → fields."""
    with h5py.File(dataset / "manifest.h5") as manifest:
        paths = [path.decode().rstrip("\0") for path in manifest["shards/path"][:]]
        places = {name: (int(s.attrs["first_shard"]), int(s.attrs["shard_count"]))
                  for name, s in manifest["splits"].items()}
    records: dict[str, dict[int, dict]] = {}
    for name, (first, count) in places.items():
        records[name] = {}
        for path in paths[first:first + count]:
            with h5py.File(dataset / path) as shard:
                fields = {field: group["data"][:] for field, group in shard["fields"].items()}
            for i, number in enumerate(fields["number"]):
                records[name][int(number)] = {field: rows[i] for field, rows in fields.items()}
    return records


def digest_of(folder: pathlib.Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


class PhantomTest(ProgramTest):
    def draw(self, name: str, *options) -> pathlib.Path:
        result = run_pack("phantom-isbi2015", "-o", self.folder / name, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.folder / name

    def test_eight_phantoms_pack_and_lead_back_to_the_doctors_marks(self):
        films = self.draw("films", "--count", 8, "--seed", 5)
        dataset = self.folder / "set"
        result = run_pack("isbi2015", films, "-o", dataset)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("packed 8 samples", result.stdout)
        self.assertIn("PHANTOM.txt lies there: the films are drawings", result.stdout)
        self.assertIn("phantom-isbi2015 data set", run_pack("info", dataset).stdout)
        records = read_records(dataset)
        self.assertEqual({name: len(split) for name, split in records.items()},
                         {"train": 2, "validation": 1, "test1": 3, "test2": 2})
        self.assertEqual(sorted(records["train"] | records["validation"]), [1, 2, 3])
        self.assertEqual((sorted(records["test1"]), sorted(records["test2"])), ([151, 152, 153], [301, 302]))
        for split in records.values():
            for number, record in split.items():
                junior, senior = (read_marks(films, doctor, number) for doctor in ("400_junior", "400_senior"))
                scale, *offset, spacing = record["geometry"].astype(float)
                self.assertAlmostEqual(spacing, 0.1, places=6)
                for field, marks in (("landmarks", (junior + senior) / 2), ("landmarks_junior", junior),
                                     ("landmarks_senior", senior)):
                    original = (record[field].astype(float) - offset) / scale
                    self.assertLess(np.abs(original - marks).max(), 0.01, (number, field))

    def test_stored_pictures_show_the_films(self):
        films = self.draw("films", "--count", 1)
        dataset = self.folder / "set"
        self.assertEqual(run_pack("isbi2015", films, "-o", dataset, "--size", "194x240").returncode, 0)
        record = read_records(dataset)["train"][1]
        self.assertEqual(record["image"].shape, (240, 194, 1))
        with Image.open(films / "RawImage" / "TrainingData" / "001.bmp") as film:
            self.assertEqual((film.size, film.mode), ((1935, 2400), "L"))
            pixels = np.asarray(film, dtype=float)
        scale, x, y, _ = record["geometry"].astype(float)
        self.assertAlmostEqual(scale, 0.1, places=6)
        blocks = pixels[:, :1930].reshape(240, 10, 193, 10).mean((1, 3))
        stored = record["image"][:, :193, 0].astype(float)
        self.assertLess(abs(stored - blocks).mean(), 4)
        self.assertGreater(np.corrcoef(stored.ravel(), blocks.ravel())[0, 1], 0.99)

    def test_truth_is_where_the_doctors_agree(self):
        films = self.draw("films", "--count", 40)
        with open(films / "truth.csv", newline="") as file:
            rows = list(csv.reader(file))
        self.assertEqual(rows[0], ["film"] + [f"{axis}{i}" for i in range(1, 20) for axis in "xy"])
        errors = []
        for film, *values in rows[1:]:
            truth = np.array(values, dtype=float).reshape(19, 2)
            mean = (read_marks(films, "400_junior", int(film)) + read_marks(films, "400_senior", int(film))) / 2
            errors.append(np.hypot(*(mean - truth).T) * 0.1)
        self.assertEqual([row[0] for row in rows[1:]],
                         [f"{n:03}" for n in [*range(1, 16), *range(151, 166), *range(301, 311)]])
        self.assertLess(np.mean(errors), 1.2)

    def test_the_same_seed_draws_the_same_bytes_and_another_seed_others(self):
        first, again = self.draw("a", "--count", 2, "--seed", 7), self.draw("b", "--count", 2, "--seed", 7)
        self.assertEqual(digest_of(first), digest_of(again))
        self.assertNotEqual(digest_of(self.draw("c", "--count", 2, "--seed", 8)), digest_of(first))

    def test_a_killed_run_leaves_whole_files_and_the_next_one_touches_none(self):
        films = self.folder / "films"
        command = [PACK, "phantom-isbi2015", "--count", "40", "-o", str(films)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            training = films / "RawImage" / "TrainingData"
            self.assertTrue(wait_until(lambda: training.exists() and len(list(training.glob("*.bmp"))) > 1))
            time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait()
        for film in films.rglob("*.bmp"):
            with Image.open(film) as picture:
                picture.load()
            self.assertEqual(read_marks(films, "400_senior", int(film.stem)).shape, (19, 2))
        self.assertFalse((films / "truth.csv").exists())
        self.assert_refused(run_pack("isbi2015", films, "-o", self.folder / "set"), 65, str(films), "delete the folder")
        before = digest_of(films)
        result = run_pack("phantom-isbi2015", "--count", 1, "-o", films)
        self.assert_refused(result, 64, str(films), "unfinished set of phantoms", "delete the folder")
        self.assertEqual(digest_of(films), before)

    def test_the_script_draws_and_packs(self):
        script = pathlib.Path(os.environ["HPCTRAIN_SOURCE"]) / "datasets" / "phantom" / "make.sh"
        result = subprocess.run([script, self.folder / "phantoms", "5", "3"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(read_records(self.folder / "phantoms" / "packed")), ["test1", "test2", "train", "validation"])
        self.assertEqual(subprocess.run([script], capture_output=True).returncode, 64)

    def test_wrong_counts_are_refused_and_leave_nothing(self):
        for count in ("0", "401", "-1", "many"):
            result = run_pack("phantom-isbi2015", "--count", count, "-o", self.folder / "films")
            self.assert_refused(result, 64, f"--count {count}")
        self.assert_refused(run_pack("phantom-isbi2015", "-o", self.folder / "films"), 64, "--count N is missing")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_folder_that_is_not_empty_is_refused(self):
        (self.folder / "mine.txt").write_text("x")
        result = run_pack("phantom-isbi2015", "--count", 1, "-o", self.folder)
        self.assert_refused(result, 64, str(self.folder), "is not empty")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["mine.txt"])


if __name__ == "__main__":
    unittest.main()
