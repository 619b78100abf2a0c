"""JPEG photographs made up from a seed: smooth colours with noise, which compress about as well as real ones."""
import multiprocessing
import pathlib

import numpy as np
from PIL import Image

CLASSES = 10


def draw_picture(path: pathlib.Path, seed: int, width: int, height: int, noise: int) -> None:
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.BICUBIC)).astype(np.int16)
    pixels = np.clip(smooth + generator.integers(-noise, noise + 1, smooth.shape), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=90)


def draw_pictures(folder: pathlib.Path, pictures: int, width: int, height: int, noise: int) -> list[pathlib.Path]:
    """So many files in a folder for each class; noise of at most ± `noise` on each value."""
    for label in range(CLASSES):
        (folder / f"class-{label}").mkdir(parents=True, exist_ok=True)
    paths = [folder / f"class-{i % CLASSES}/{i:06}.jpg" for i in range(pictures)]
    with multiprocessing.Pool() as pool:
        pool.starmap(draw_picture, [(path, i, width, height, noise) for i, path in enumerate(paths)], chunksize=16)
    return paths
