"""Packing takes bounded memory, and says which picture does not fit into it."""
import resource
import struct
import subprocess
import unittest
import zlib

import h5py

from hpctrain_test import PACK, run_pack
from packing import PackTest, noise

LIMIT_BYTES = 128 << 20


def run_pack_in_little_memory(*arguments):
    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_BYTES, LIMIT_BYTES))

    return subprocess.run([PACK, *map(str, arguments)], capture_output=True, text=True, preexec_fn=limit, timeout=120)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def black_png(side):
    """Grey, a file a thousandth of its picture's size."""
    rows = zlib.compress(bytes((side + 1) * side), 1)
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


class MemoryTest(PackTest):
    def test_a_source_larger_than_memory_is_packed(self):
        source = self.folder / "source"
        source.mkdir()
        (source / "class_names.txt").write_text("".join(f"c{i}\n" for i in range(10)))
        for name in ("train", "test"):
            (source / f"{name}_X.bin").write_bytes(noise(1, 2, 27648).tobytes())
            (source / f"{name}_y.bin").write_bytes(b"\x01\x0a")
        with open(source / "unlabeled_X.bin", "wb") as file:
            file.truncate(8000 * 27648)
        self.assertGreater(8000 * 27648, LIMIT_BYTES)
        result = run_pack_in_little_memory("stl10", source, "-o", self.folder / "packed", "--threads", "3")
        self.assertEqual(result.returncode, 0, result.stderr)
        with h5py.File(self.folder / "packed/manifest.h5") as manifest:
            self.assertEqual(manifest.attrs["num_samples"], 8004)

    def test_a_picture_that_does_not_fit_is_named(self):
        source = self.folder / "source"
        self.save("a/small.png", noise(1, 8, 8))
        (source / "a/large.png").write_bytes(black_png(13_000))
        result = run_pack_in_little_memory("folder", source, "-o", self.folder / "packed", "--size", "16x16")
        self.assert_refused(result, 65, "large.png", "not enough memory")
        self.assertFalse((self.folder / "packed").exists())
        self.assertEqual(run_pack("folder", source, "-o", self.folder / "packed", "--size", "16x16").returncode, 0)


if __name__ == "__main__":
    unittest.main()
