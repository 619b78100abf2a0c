"""Pictures stored as files: h5py finds their bytes, Pillow decodes what it decodes from the original."""
import io
import json
import os
import signal
import subprocess
import time
import unittest

import h5py
import numpy as np
from PIL import Image

from hpctrain_test import PACK, run_pack
from packing import PackTest, noise


def decoded(row):
    return np.asarray(Image.open(io.BytesIO(row)))


def smooth(seed, height, width, channels=3):
    """A picture that JPEG keeps well."""
    down, across = np.mgrid[:height, :width]
    waves = np.stack([np.sin(down / (7 + seed + c)) + np.cos(across / (9 + seed + 2 * c)) for c in range(channels)], -1)
    return np.rint(127 + 60 * waves).astype(np.uint8).squeeze()


class EncodedTest(PackTest):
    def fields(self):
        result = run_pack("info", self.folder / "packed", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)["fields"]

    def read_dims(self):
        """In the order of the sample ids."""
        with h5py.File(self.folder / "packed/shards/shard-000000.h5") as shard:
            return shard["fields/image/dims"][:][np.argsort(shard["sample_id"][:])]

    def test_jpeg_files_are_stored_byte_for_byte(self):
        paths = [self.save("a/1.jpg", smooth(1, 24, 37), quality=90), self.save("a/2.jpg", smooth(2, 50, 18), quality=70),
                 self.save("b/3.jpg", smooth(3, 31, 31, 1), quality=80)]
        records, splits, _ = self.pack("folder", self.folder / "source", "--store", "encoded")
        self.assertEqual(splits, {"train": 3})
        self.assertEqual(records["label"].tolist(), [0, 0, 1])
        for path, row in zip(paths, records["image"]):
            self.assertEqual(row, path.read_bytes())
        np.testing.assert_array_equal(self.read_dims(), [[24, 37, 3], [50, 18, 3], [31, 31, 1]])
        image = self.fields()["image"]
        self.assertEqual((image["codec"], image["kind"], image["shape"]), ("jpeg", "encoded", [0, 0, 3]))
        self.assertEqual(run_pack("verify", self.folder / "packed").returncode, 0)

    def test_png_files_of_any_kind_become_plain_and_keep_their_pixels(self):
        wide = np.random.default_rng(7).integers(0, 65536, (9, 12), dtype=np.uint16)
        self.save("a/1.png", noise(1, 9, 12, 3))
        self.save("a/2.png", noise(2, 9, 12, 4))
        self.save("a/3.png", wide)
        records, _, _ = self.pack("folder", self.folder / "source", "--store", "encoded")
        self.assertEqual(records["image"][0], (self.folder / "source/a/1.png").read_bytes())
        rgba = noise(2, 9, 12, 4).astype(int)
        expected = [noise(1, 9, 12, 3), (rgba[..., :3] * rgba[..., 3:] + 127) // 255, np.rint(wide / 257)]
        for row, pixels in zip(records["image"], expected):
            self.assertEqual(Image.open(io.BytesIO(row)).mode, "L" if pixels.ndim == 2 else "RGB")
            np.testing.assert_array_equal(decoded(row), pixels)
        self.assertEqual(self.fields()["image"]["shape"], [9, 12, 3])

    def test_statistics_are_those_of_the_decoded_pixels(self):
        pictures = [noise(i, 5 + i, 8, 3) for i in range(4)] + [noise(9, 6, 6)]
        for i, pixels in enumerate(pictures):
            self.save(f"a/{i}.png", pixels)
        self.pack("folder", self.folder / "source", "--store", "encoded")
        pixels = np.concatenate([np.broadcast_to(p[..., None] if p.ndim == 2 else p, (*p.shape[:2], 3)).reshape(-1, 3)
                                 for p in pictures]).astype(float)
        image = self.fields()["image"]
        np.testing.assert_allclose(image["mean"], pixels.mean(0), rtol=1e-12)
        np.testing.assert_allclose(image["std"], pixels.std(0), rtol=1e-12)

    def test_jpeg_of_a_quality_holds_the_resized_picture(self):
        self.save("a/1.png", smooth(1, 60, 90))
        self.save("a/2.bmp", smooth(2, 80, 80))
        records, _, _ = self.pack("folder", self.folder / "source", "--store", "jpeg=95", "--size", "48x32")
        np.testing.assert_array_equal(self.read_dims(), [[32, 48, 3]] * 2)
        expected = np.asarray(Image.fromarray(smooth(1, 60, 90)).resize((48, 32), Image.BILINEAR), dtype=int)
        self.assertLess(np.abs(decoded(records["image"][0]) - expected).mean(), 3)
        self.assertEqual(self.fields()["image"]["shape"], [32, 48, 3])

    def test_jpeg_without_a_size_keeps_that_of_every_picture(self):
        self.save("a/1.png", smooth(1, 60, 90))
        self.save("a/2.png", smooth(2, 33, 21))
        self.pack("folder", self.folder / "source", "--store", "jpeg=80")
        np.testing.assert_array_equal(self.read_dims(), [[60, 90, 3], [33, 21, 3]])

    def test_what_cannot_be_stored_is_named_and_leaves_nothing(self):
        source = self.folder / "source"
        encoded = ["folder", source, "--store", "encoded"]
        bitmap = self.save("a/1.bmp", noise(1, 8, 8))
        self.assert_pack_refused(65, ["1.bmp is a BMP file", "--store jpeg=90"], *encoded)
        bitmap.unlink()
        self.save("a/2.png", noise(1, 8, 8))
        self.assert_pack_refused(64, ["--size", "--store jpeg=90"], *encoded, "--size", "4x4")
        self.assert_pack_refused(64, ["--store jpeg=0"], "folder", source, "--store", "jpeg=0")
        exif = Image.Exif()
        exif[0x0112] = 6
        turned = self.save("b/3.jpg", noise(2, 8, 8), exif=exif)
        self.assert_pack_refused(65, ["2.png is a PNG file", "3.jpg is a JPEG file"], *encoded)
        (source / "a/2.png").unlink()
        sound = self.save("a/4.jpg", noise(2, 30, 30))
        self.assert_pack_refused(65, ["3.jpg", "EXIF orientation"], *encoded)
        turned.write_bytes(sound.read_bytes()[:-100])
        self.assert_pack_refused(65, ["3.jpg", "cut short"], *encoded)

    def test_a_picture_that_would_vanish_is_refused(self):
        self.save("a/1.png", noise(1, 2, 900))
        self.assert_pack_refused(65, ["1.png", "900 × 2 pixels", "crop"], "folder", self.folder / "source", "--size",
                                 "32x32", "--fit", "pad")

    def test_verify_finds_one_flipped_bit_in_rows_offsets_and_dims(self):
        for i in range(3):
            self.save(f"a/{i}.png", noise(i, 9, 12, 3))
        self.pack("folder", self.folder / "source", "--store", "encoded")
        path = self.folder / "packed/shards/shard-000000.h5"
        sound = path.read_bytes()
        with h5py.File(path) as shard:
            field = shard["fields/image"]
            places = {name: field[name].id.get_offset() for name in ("bytes", "offsets", "dims")}
        for name, place in places.items():
            damaged = bytearray(sound)
            damaged[place + 8] ^= 1  # a row's middle, the end of the first row, the channels of the first picture
            path.write_bytes(damaged)
            result = run_pack("verify", self.folder / "packed")
            self.assertEqual(result.returncode, 65, name)
            self.assertIn("shard-000000.h5", result.stdout + result.stderr)


class ThreadsTest(PackTest):
    def pack_bytes(self, name, *options):
        """File name -> content."""
        folder = self.folder / name
        result = subprocess.run([PACK, "folder", str(self.folder / "source"), "-o", str(folder), *options],
                                capture_output=True, text=True, env=os.environ | {"SOURCE_DATE_EPOCH": "0"})
        self.assertEqual(result.returncode, 0, result.stderr)
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def test_any_number_of_threads_packs_the_same_bytes(self):
        for i in range(60):
            self.save(f"{'abc'[i % 3]}/{i}.jpg", smooth(i % 7, 40 + i % 5, 50, 1 if i % 9 == 0 else 3), quality=85)
        for form in (["--size", "24x24"], ["--store", "encoded"], ["--store", "jpeg=80", "--size", "30x20"]):
            options = [*form, "--shard-bytes", "4000", "--validation", "7"]
            single = self.pack_bytes("-".join(["one", *form]), *options, "--threads", "1")
            self.assertGreater(len(single), 3)
            for threads in ("2", "4"):
                self.assertEqual(self.pack_bytes("-".join([threads, *form]), *options, "--threads", threads), single)

    def test_the_first_damaged_picture_in_order_is_named_at_any_number_of_threads(self):
        for i in range(40):
            path = self.save(f"a/{i:02}.png", noise(i, 30, 30, 3))
            if i in (11, 12, 30):
                path.write_bytes(path.read_bytes()[:-300])
        for threads in ("1", "2", "4"):
            self.assert_pack_refused(65, ["11.png"], "folder", self.folder / "source", "--no-shuffle", "--threads",
                                     threads)

    def test_a_killed_pack_leaves_nothing_that_verify_accepts(self):
        for i in range(120):
            self.save(f"a/{i}.jpg", smooth(i % 7, 160, 160), quality=90)
        command = [PACK, "folder", str(self.folder / "source"), "-o", str(self.folder / "packed"), "--store", "jpeg=80",
                   "--shard-bytes", "20000"]
        killed = 0
        for delay in (0.02, 0.05, 0.1, 0.15, 0.2):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            if process.wait() != -signal.SIGKILL:
                break
            killed += 1
            self.assertEqual(run_pack("verify", self.folder / "packed").returncode, 65)
        self.assertGreater(killed, 0)
        if not (self.folder / "packed/manifest.h5").exists():
            self.assertEqual(subprocess.run(command, capture_output=True).returncode, 0)
        self.assertEqual(run_pack("verify", self.folder / "packed").returncode, 0)
        self.assertEqual([path.name for path in (self.folder / "packed").rglob("*.tmp")], [])


if __name__ == "__main__":
    unittest.main()
