"""CIFAR and STL-10 in the layout of their archives, and folds: h5py reads back what numpy reads from the same files."""
import json
import os
import pathlib
import subprocess
import unittest

import numpy as np

from hpctrain_test import run_pack
from packing import PackTest, noise


class ArchiveTest(PackTest):
    def write(self, name, content):
        path = self.folder / "source" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def info(self):
        return json.loads(run_pack("info", self.folder / "packed", "--json").stdout)


class CifarTest(ArchiveTest):
    def test_cifar10_holds_what_numpy_reads(self):
        records = [np.hstack([np.arange(7)[:, None] % 10, noise(i, 7, 3072)]).astype(np.uint8) for i in range(6)]
        for i, batch in enumerate(records):
            self.write(f"cifar-10-batches-bin/{f'data_batch_{i + 1}' if i < 5 else 'test_batch'}.bin", batch.tobytes())
        self.write("cifar-10-batches-bin/batches.meta.txt", "".join(f"c{i}\n" for i in range(10)) + "\n")
        packed, splits, _ = self.pack("cifar10", self.folder / "source")
        self.assertEqual(splits, {"train": 35, "test": 7})
        expected = np.concatenate(records)
        np.testing.assert_array_equal(packed["label"], expected[:, 0])
        np.testing.assert_array_equal(packed["image"], expected[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
        info = self.info()
        self.assertEqual((info["source"], info["fields"]["label"]["class_names"][9]), ("cifar10", "c9"))
        train = expected[:35, 1:].reshape(-1, 3, 1024).astype(float)
        np.testing.assert_allclose(info["fields"]["image"]["mean"], train.mean((0, 2)), rtol=1e-12)
        np.testing.assert_allclose(info["fields"]["image"]["std"], train.std((0, 2)), rtol=1e-12)

    def test_cifar100_holds_both_labels(self):
        records = np.hstack([np.array([[19, 99], [0, 0], [7, 42]]), noise(1, 3, 3072)]).astype(np.uint8)
        self.write("train.bin", records[:2].tobytes())
        self.write("test.bin", records[2:].tobytes())
        self.write("coarse_label_names.txt", "".join(f"g{i}\r\n" for i in range(20)))
        self.write("fine_label_names.txt", "".join(f"c{i}\n" for i in range(100)))
        packed, splits, _ = self.pack("cifar100", self.folder / "source")
        self.assertEqual(splits, {"train": 2, "test": 1})
        np.testing.assert_array_equal(packed["coarse_label"], records[:, 0])
        np.testing.assert_array_equal(packed["label"], records[:, 1])
        np.testing.assert_array_equal(packed["image"], records[:, 2:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))

    def test_what_is_wrong_is_named_and_leaves_nothing(self):
        source = self.folder / "source"
        self.assert_pack_refused(65, ["source: is missing", "cifar-10-binary.tar.gz"], "cifar10", source)
        self.write("batches.meta.txt", "".join(f"c{i}\n" for i in range(10)))
        self.write("data_batch_1", b"\x80\x02}q")
        self.assert_pack_refused(65, ["data_batch_1: is the version for Python"], "cifar10", source)
        self.write("data_batch_1.bin", bytes(3000))
        self.assert_pack_refused(65, ["data_batch_1.bin", "3000 bytes"], "cifar10", source)
        self.write("data_batch_1.bin", b"\x0a" + bytes(3072))
        self.assert_pack_refused(65, ["label 10 of record 0"], "cifar10", source)


class ObtainTest(ArchiveTest):
    def test_an_archive_that_is_not_the_published_one_is_not_unpacked(self):
        source = pathlib.Path(os.environ["HPCTRAIN_SOURCE"]) / "datasets"
        for kind, archive in [("cifar10", "cifar-10-binary.tar.gz"), ("cifar100", "cifar-100-binary.tar.gz"),
                              ("stl10", "stl10_binary.tar.gz")]:
            self.write(archive, b"\x1f\x8bnot what was published")
            result = subprocess.run([source / kind / "obtain.sh", self.folder / "source"], capture_output=True, text=True)
            self.assert_refused(result, 65, archive, "md5", "start again")


class Stl10Test(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.pixels = {name: noise(i, count, 27648) for i, (name, count) in
                       enumerate({"train": 20, "test": 5, "unlabeled": 4}.items())}
        self.labels = {"train": np.arange(20) % 10 + 1, "test": np.array([10, 1, 5, 5, 2])}
        for name, pixels in self.pixels.items():
            self.write(f"stl10_binary/{name}_X.bin", pixels.tobytes())
        for name, labels in self.labels.items():
            self.write(f"stl10_binary/{name}_y.bin", labels.astype(np.uint8).tobytes())
        self.write("stl10_binary/class_names.txt", "\n".join(f"c{i}" for i in range(10)))
        self.write("stl10_binary/fold_indices.txt", "".join(f"{k} {k + 10} \n" for k in range(10)))

    def test_pictures_are_upright_and_labels_start_at_zero(self):
        packed, splits, _ = self.pack("stl10", self.folder / "source")
        self.assertEqual(splits, {"train": 20, "test": 5, "unlabeled": 4})
        expected = np.concatenate(list(self.pixels.values())).reshape(-1, 3, 96, 96)
        np.testing.assert_array_equal(packed["image"], np.transpose(expected, (0, 3, 2, 1)))
        labels = np.concatenate([self.labels["train"] - 1, self.labels["test"] - 1, np.full(4, -1)])
        np.testing.assert_array_equal(packed["label"], labels)
        self.assertEqual(run_pack("verify", self.folder / "packed").returncode, 0)

    def test_a_fold_of_its_own_trains_on_the_listed_pictures(self):
        self.pack("stl10", self.folder / "source", "--fold", "4")
        self.assertEqual(sorted(self.ids_of("train")), [3, 13])
        self.assertEqual(sorted(self.ids_of("validation")), [i for i in range(20) if i not in (3, 13)])
        self.assertEqual(self.info()["fold"], {"number": 4, "count": 10})
        self.assertIn("validation is fold 4 of 10", run_pack("info", self.folder / "packed").stdout)

    def test_a_label_of_zero_is_refused(self):
        self.write("stl10_binary/train_y.bin", bytes(20))
        self.assert_pack_refused(65, ["train_y.bin: label 0 of record 0", "1 to 10"], "stl10", self.folder / "source")


class FoldsTest(PackTest):
    def pack_folds(self, kind, source, count, *options):
        """Sample ids of validation and of training, for each fold."""
        folds = []
        for fold in range(1, count + 1):
            name = f"fold-{fold}"
            result = run_pack(kind, source, "-o", self.folder / name, "--folds", count, "--fold", fold, *options)
            self.assertEqual(result.returncode, 0, result.stderr)
            folds.append((self.ids_of("validation", name), self.ids_of("train", name)))
        return folds

    def test_each_picture_validates_once_and_trains_otherwise_with_equal_shares_of_classes(self):
        for i in range(24):
            self.save(f"{'aab'[i % 3]}/{i:02}.png", noise(i, 4, 4))
        folds = self.pack_folds("folder", self.folder / "source", 4)
        self.assertEqual(sorted(i for validation, _ in folds for i in validation), list(range(24)))
        for validation, train in folds:
            self.assertEqual(sorted(validation + train), list(range(24)))
            self.assertEqual(sum(i < 16 for i in validation), 4)  # class a comes first in the source's order
            self.assertEqual(sum(i >= 16 for i in validation), 2)

    def test_films_of_all_three_parts_are_divided(self):
        self.assertEqual(run_pack("phantom-isbi2015", "--count", "8", "-o", self.folder / "films").returncode, 0)
        folds = self.pack_folds("isbi2015", self.folder / "films", 4, "--size", "64x80")
        self.assertEqual([len(validation) for validation, _ in folds], [2, 2, 2, 2])
        self.assertEqual(sorted(i for validation, _ in folds for i in validation), list(range(8)))

    def test_the_test_split_is_left_alone(self):
        for name in ("train/a/1.png", "train/a/2.png", "train/b/3.png", "test/b/4.png"):
            self.save(name, noise(1, 4, 4))
        folds = self.pack_folds("folder", self.folder / "source", 3)
        self.assertEqual(sorted(i for validation, _ in folds for i in validation), [0, 1, 2])
        self.assertEqual(self.ids_of("test", "fold-2"), [3])

    def test_folds_that_cannot_be_are_refused(self):
        for i in range(3):
            self.save(f"a/{i}.png", noise(i, 4, 4))
        source = self.folder / "source"
        for words, options in [(["--fold 3", "1 to 2"], ["--folds", "2", "--fold", "3"]),
                               (["--folds 4", "3 samples"], ["--folds", "4", "--fold", "1"]),
                               (["--folds without --fold"], ["--folds", "2"]),
                               (["--fold without --folds"], ["--fold", "2"]),
                               (["--validation and --fold"], ["--folds", "2", "--fold", "1", "--validation", "1"]),
                               (["--folds 1"], ["--folds", "1", "--fold", "1"])]:
            self.assert_pack_refused(64, words, "folder", source, *options)
        self.save("train/a/1.png", noise(1, 4, 4))
        self.save("val/a/1.png", noise(1, 4, 4))
        for path in (source / "a").iterdir():
            path.unlink()
        (source / "a").rmdir()
        self.assert_pack_refused(64, ["1 validation samples"], "folder", source, "--folds", "2", "--fold", "1")


if __name__ == "__main__":
    unittest.main()
