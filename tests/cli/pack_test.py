"""Folders of pictures and tables of landmarks, as users have them: what h5py reads back is what Pillow sees."""
import json
import unittest

import numpy as np
from PIL import Image, ImageOps

from hpctrain_test import run_pack
from packing import PackTest, noise


class FolderTest(PackTest):
    def test_every_format_holds_the_pixels_that_pillow_sees(self):
        exif = Image.Exif()
        exif[0x0112] = 3
        paths = [self.save("a/1.png", noise(1, 6, 9, 3)), self.save("a/2.bmp", noise(2, 6, 9, 3)),
                 self.save("b/3.jpg", noise(3, 6, 9, 3), quality=90), self.save("b/4.jpg", noise(4, 6, 9), exif=exif),
                 self.save("b/5.png", noise(5, 6, 9))]
        records, splits, _ = self.pack("folder", self.folder / "source")
        self.assertEqual(splits, {"train": 5})
        self.assertEqual(records["label"].tolist(), [0, 0, 1, 1, 1])
        for path, image in zip(paths, records["image"]):
            expected = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"), dtype=int)
            tolerance = 2 if path.suffix == ".jpg" else 0  # two versions of libjpeg-turbo
            self.assertLessEqual(np.abs(image - expected).max(), tolerance, path.name)

    def test_resizing_is_pillows_within_one_level(self):
        pixels = noise(1, 60, 90, 3)
        self.save("a/1.png", pixels)
        records, _, _ = self.pack("folder", self.folder / "source", "--size", "24x24")
        expected = Image.fromarray(pixels).resize((24, 24), Image.BILINEAR, box=(15, 0, 75, 60))
        self.assertLessEqual(np.abs(records["image"][0] - np.asarray(expected, dtype=int)).max(), 1)

    def test_padding_keeps_the_whole_picture(self):
        pixels = noise(1, 60, 90)
        self.save("a/1.png", pixels)
        records, _, _ = self.pack("folder", self.folder / "source", "--size", "30x30", "--fit", "pad")
        expected = np.zeros((30, 30), dtype=int)
        expected[5:25] = np.asarray(Image.fromarray(pixels).resize((30, 20), Image.BILINEAR))
        self.assertLessEqual(np.abs(records["image"][0, :, :, 0] - expected).max(), 1)

    def test_grey_is_pillows(self):
        pixels = noise(1, 8, 8, 3)
        self.save("a/1.png", pixels)
        records, _, _ = self.pack("folder", self.folder / "source", "--colour", "grey")
        np.testing.assert_array_equal(records["image"][0, :, :, 0], np.asarray(Image.fromarray(pixels).convert("L")))

    def test_splits_and_other_files_are_told(self):
        for name in ("train/a/1.png", "train/b/2.png", "val/a/3.png", "test/b/4.png"):
            self.save(name, noise(1, 4, 4))
        (self.folder / "source/train/LICENCE").write_text("free")
        records, splits, said = self.pack("folder", self.folder / "source")
        self.assertEqual(splits, {"train": 2, "validation": 1, "test": 1})
        self.assertEqual(records["label"].tolist(), [0, 1, 0, 1])
        self.assertIn("left out 1 files", said)

    def test_what_is_wrong_is_named_and_leaves_nothing(self):
        source = self.folder / "source"
        self.assert_pack_refused(65, ["source", "is missing"], "folder", source)
        self.save("a/1.png", noise(1, 40, 40))
        self.save("a/2.jpg", noise(2, 30, 40))
        self.assert_pack_refused(65, ["1.png is 40 × 40", "2.jpg is 40 × 30", "--size"], "folder", source)
        self.assert_pack_refused(64, ["--size 0x4"], "folder", source, "--size", "0x4")
        cut = source / "a/2.jpg"
        cut.write_bytes(cut.read_bytes()[:-200])
        self.assert_pack_refused(65, ["2.jpg", "cut short"], "folder", source, "--size", "8x8")
        cut.write_text("<html>")
        self.assert_pack_refused(65, ["2.jpg", "BMP, PNG or JPEG"], "folder", source, "--size", "8x8")
        cut.unlink()
        (source / "b").mkdir()
        self.assert_pack_refused(65, ["b: holds no pictures"], "folder", source)


class LandmarksCsvTest(PackTest):
    def write_table(self, text):
        path = self.folder / "source" / "table.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def test_a_dot_lies_where_its_landmark_says(self):
        places = [(40.0, 30.0), (70.0, 88.0), (12.0, 55.0)]
        lines = ["image,dot_x,dot_y,other_x,other_y,spacing_mm,split"]
        for i, (x, y) in enumerate(places):
            height, width = (120, 90) if i else (100, 130)
            down, across = np.mgrid[:height, :width]
            pixels = 250 * np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * 4.0 ** 2))
            self.save(f"{i}.png", np.rint(pixels).astype(np.uint8))
            lines.append(f"{i}.png,{x},{y},,,0.1,{'test' if i == 0 else 'train'}")
        records, splits, _ = self.pack("landmarks-csv", self.write_table("\n".join(lines)), "--size", "64x64")
        self.assertEqual(splits, {"train": 2, "test": 1})
        down, across = np.mgrid[:64, :64]
        for (x, y), image, points, geometry in zip(places[1:] + places[:1], records["image"][..., 0],
                                                   records["landmarks"], records["geometry"]):
            scale, offset_x, offset_y, spacing = geometry.astype(float)
            self.assertAlmostEqual(spacing, 0.1, places=6)
            np.testing.assert_allclose(points[0], [x * scale + offset_x, y * scale + offset_y], rtol=1e-5)
            self.assertTrue(np.isnan(points[1]).all())
            found = [(image * axis).sum() / image.sum() for axis in (across.astype(float), down)]
            np.testing.assert_allclose(found, points[0], atol=0.05)

    def test_info_stays_json_where_nothing_is_annotated(self):
        self.save("a.png", noise(1, 8, 8))
        self.pack("landmarks-csv", self.write_table("image,x1,y1\na.png,,\n"))
        result = run_pack("info", self.folder / "packed", "--json")
        landmarks = json.loads(result.stdout, parse_constant=self.fail)["fields"]["landmarks"]
        self.assertEqual((landmarks["mean"], landmarks["std"]), ([0], [0]))
        self.assertEqual(run_pack("verify", self.folder / "packed").returncode, 0)

    def test_what_is_wrong_is_named_and_leaves_nothing(self):
        self.save("a.png", noise(1, 8, 8))
        for text, words in [("image,x1,y1\na.png,1\n", ["line 2", "2 cells"]),
                            ("image,x1,y1\na.png,1,9\n", ["line 2", "landmark 1", "8 × 8"]),
                            ("image,x1,y1\nb.png,1,1\n", ["line 2", "b.png: is missing"]),
                            ("name,x1,y1\na.png,1,1\n", ["line 1", "\"name\""])]:
            self.assert_pack_refused(65, words, "landmarks-csv", self.write_table(text))
        table = self.write_table("image,x1,y1\na.png,1,1\n")
        self.assert_pack_refused(64, ["--spacing-mm 0"], "landmarks-csv", table, "--spacing-mm", "0")


if __name__ == "__main__":
    unittest.main()
