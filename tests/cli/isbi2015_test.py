"""Folders of the ISBI 2015 challenge with films that Pillow wrote, and everything that can be wrong with them."""
import pathlib
import unittest

import h5py
import numpy as np
from PIL import Image

from hpctrain_test import ProgramTest, run_pack

WIDTH, HEIGHT = 97, 120  # rows of a film are padded


class Isbi2015Test(ProgramTest):
    def setUp(self) -> None:
        super().setUp()
        self.source = self.folder / "source"
        self.out = self.folder / "set"
        self.pixels = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        self.add_film("TrainingData/001", Image.fromarray(self.pixels[:, :, 0]))

    def add_film(self, name: str, image: Image.Image) -> pathlib.Path:
        film = self.source / "RawImage" / f"{name}.bmp"
        film.parent.mkdir(parents=True, exist_ok=True)
        image.save(film)
        for doctor in ("400_junior", "400_senior"):
            marks = self.marks(film.stem, doctor)
            marks.parent.mkdir(parents=True, exist_ok=True)
            marks.write_text("".join(f"{10 + l},{20 + 4 * l}\n" for l in range(19)) + "1\n" * 8)
        return film

    def marks(self, number: str, doctor: str) -> pathlib.Path:
        return self.source / "AnnotationsByMD" / doctor / f"{number}.txt"

    def pack(self, *options):
        return run_pack("isbi2015", self.source, "-o", self.out, "--size", f"{WIDTH}x{HEIGHT}", *options)

    def packed_image(self, number: int) -> np.ndarray:
        for path in sorted((self.out / "shards").iterdir()):
            with h5py.File(path) as shard:
                for i, stored in enumerate(shard["fields/number/data"][:]):
                    if stored == number:
                        return shard["fields/image/data"][i, :, :, 0]
        raise AssertionError(f"film {number} is in no shard")

    def assert_bad(self, *words: str) -> None:
        self.assert_refused(self.pack(), 65, *words)
        self.assertFalse(self.out.exists())

    def test_films_by_pillow_keep_their_bytes(self):
        palette = Image.fromarray(self.pixels[:, :, 1] // 16)
        palette = palette.convert("P")
        palette.putpalette([level for i in range(16) for level in (i * 16, i * 16, i * 16)] + [0] * 720)
        self.add_film("TrainingData/002", palette)
        self.add_film("Test1Data/151", Image.fromarray(self.pixels))
        result = self.pack("--validation", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        np.testing.assert_array_equal(self.packed_image(1), self.pixels[:, :, 0])
        np.testing.assert_array_equal(self.packed_image(2), self.pixels[:, :, 1] // 16 * 16)
        np.testing.assert_array_equal(self.packed_image(151), np.asarray(Image.fromarray(self.pixels).convert("L")))

    def test_the_spacing_is_recorded(self):
        self.assertEqual(self.pack("--spacing-mm", "0.25").returncode, 0)
        with h5py.File(self.out / "shards" / "shard-000000.h5") as shard:
            np.testing.assert_array_equal(shard["fields/geometry/data"][0], np.float32([1, 0, 0, 0.25]))

    def test_packing_twice_gives_one_and_the_same_data_set(self):
        self.assertEqual(self.pack().returncode, 0)
        first = h5py.File(self.out / "manifest.h5").attrs["dataset_uuid"].tobytes()
        again = run_pack("isbi2015", self.source, "-o", self.folder / "again", "--size", f"{WIDTH}x{HEIGHT}")
        self.assertEqual(again.returncode, 0)
        self.assertEqual(h5py.File(self.folder / "again" / "manifest.h5").attrs["dataset_uuid"].tobytes(), first)

    def test_a_film_that_is_cut_short_is_named(self):
        film = self.add_film("TrainingData/002", Image.fromarray(self.pixels))
        film.write_bytes(film.read_bytes()[:9000])
        self.assert_bad(str(film), "is cut short", "copy or fetch the file again")

    def test_a_film_of_another_format_is_named(self):
        film = self.add_film("TrainingData/002", Image.fromarray(self.pixels))
        Image.fromarray(self.pixels).save(film, format="PNG")
        self.assert_bad(str(film), "is no bitmap")
        Image.fromarray(self.pixels[:, :, 0] > 99).save(film, format="BMP")
        self.assert_bad(str(film), "1 bits per pixel", "convert it")

    def test_a_film_without_a_doctor_is_named(self):
        self.marks("001", "400_junior").unlink()
        self.assert_bad("001.bmp", "400_junior has no file for it", "unpack")

    def test_a_short_file_of_marks_says_how_many_there_are(self):
        path = self.marks("001", "400_senior")
        path.write_text("".join(path.read_text().splitlines(True)[:18]))
        self.assert_bad(str(path), "ends after 18 of 19 landmarks", "copy the file again")

    def test_a_line_that_is_no_point_is_named(self):
        path = self.marks("001", "400_senior")
        path.write_text(path.read_text().replace("12,28\n", "12 28,\n"))
        self.assert_bad(f"{path}:3", "is not x,y")

    def test_marks_outside_the_film_are_named(self):
        path = self.marks("001", "400_senior")
        path.write_text(path.read_text().replace("12,28\n", "12,280\n"))
        self.assert_bad(f"{path}:3", "12,280", "outside its film of 97 × 120")

    def test_doctors_out_of_step_are_named(self):
        film = self.add_film("TrainingData/002", Image.fromarray(np.zeros((800, 700), np.uint8)))
        path = self.marks("002", "400_senior")
        path.write_text(path.read_text().replace("12,28\n", "612,628\n"))
        self.assert_bad(str(film), "out of step", "L3 (orbitale)", str(path))

    def test_one_number_twice_is_refused(self):
        self.add_film("Test1Data/001", Image.fromarray(self.pixels))
        self.assert_bad("Test1Data/001.bmp", "TrainingData/001.bmp", "both have number 1")

    def test_a_source_without_films_is_refused(self):
        (self.source / "RawImage" / "TrainingData" / "001.bmp").unlink()
        self.assert_bad(str(self.source), "no film NNN.bmp", "unpack")

    def test_options_of_other_kinds_are_refused(self):
        self.assert_refused(self.pack("--classes", "4"), 64, "--classes")


if __name__ == "__main__":
    unittest.main()
