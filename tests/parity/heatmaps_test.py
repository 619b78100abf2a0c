"""Heatmaps, decoders, geometry and landmark metrics against references written in numpy, to 1e-5."""
import json
import os
import subprocess
import unittest

import numpy as np

HEIGHT, WIDTH, SIGMA = 28, 36, 2.0
MOVES = [
    dict(degrees=0.0, scale=1.0, x=0.0, y=0.0),
    dict(degrees=8.5, scale=1.07, x=2.3, y=-1.1),
    dict(degrees=-33.0, scale=0.85, x=-4.0, y=3.75),
]


def as_json(array):
    array = np.asarray(array, dtype=np.float64)
    return dict(shape=list(array.shape), values=[None if np.isnan(v) else float(v) for v in array.ravel()])


def from_json(text):
    values = [np.nan if v is None else v for v in text["values"]]
    return np.array(values).reshape(text["shape"])


def make_question():
    rng = np.random.default_rng(5)
    points = rng.uniform([6, 6], [WIDTH - 7, HEIGHT - 7], size=(3, 4, 2)).astype(np.float32)
    points[0, 1] = np.nan
    points[2, 3] = [-1.5, 30.25]
    # Noisy peaks of different heights, as a network would draw them.
    centres = rng.uniform([0, 0], [WIDTH, HEIGHT], size=(3, 4, 2))
    maps = gaussians(centres, SIGMA) * rng.uniform(0.2, 2, size=(3, 4, 1, 1))
    maps = (maps + rng.uniform(0, 0.05, size=maps.shape)).astype(np.float32)
    errors = rng.gamma(2, 8, size=(3, 4))
    errors[1, 2] = np.nan
    doctors = rng.gamma(2, 8, size=(3, 4))
    return points, maps, errors, doctors, np.array([0.1, 0.1, 0.125])


def gaussians(points, sigma):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    px, py = points[..., 0, None, None].astype(np.float64), points[..., 1, None, None].astype(np.float64)
    return np.nan_to_num(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma**2)), nan=0.0)


def peak_of(heatmap):
    y, x = np.unravel_index(np.argmax(heatmap), heatmap.shape)
    return int(x), int(y)


def log_parabola(heatmap):
    x, y = peak_of(heatmap)

    def summit(before, at, after):
        if min(before, at, after) <= 0:
            return 0.0
        b, c, a = np.log([before, at, after])
        return 0.5 * (b - a) / (b - 2 * c + a) if b - 2 * c + a < 0 else 0.0

    dx = summit(*heatmap[y, x - 1 : x + 2]) if 0 < x < WIDTH - 1 else 0.0
    dy = summit(*heatmap[y - 1 : y + 2, x]) if 0 < y < HEIGHT - 1 else 0.0
    return x + dx, y + dy


def local_soft_argmax(heatmap, radius=5, relative_temperature=0.1):
    x, y = peak_of(heatmap)
    left, top = max(0, x - radius), max(0, y - radius)
    window = heatmap[top : y + radius + 1, left : x + radius + 1].astype(np.float64)
    weights = np.exp((window - window.max()) / (relative_temperature * window.max()))
    rows, columns = np.mgrid[top : top + window.shape[0], left : left + window.shape[1]]
    return (weights * columns).sum() / weights.sum(), (weights * rows).sum() / weights.sum()


def matrix_of(move):
    """Scale and turn about the centre, then translate, as 3×3 matrices multiplied one after the other."""
    cx, cy, angle = (WIDTH - 1) / 2, (HEIGHT - 1) / 2, np.deg2rad(move["degrees"])
    to_centre = np.array([[1, 0, -cx], [0, 1, -cy], [0, 0, 1]])
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    zoom = np.diag([move["scale"], move["scale"], 1])
    back = np.array([[1, 0, cx + move["x"]], [0, 1, cy + move["y"]], [0, 0, 1]])
    return back @ turn @ zoom @ to_centre


def warp(image, matrix):
    """Bilinear, zero outside: each pixel of the result asks where it came from."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    source = np.linalg.inv(matrix) @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    padded = np.pad(image.astype(np.float64), 2)
    sx, sy = np.clip(source[0], -2, WIDTH) + 2, np.clip(source[1], -2, HEIGHT) + 2
    x0, y0 = np.minimum(np.floor(sx).astype(int), WIDTH + 2), np.minimum(np.floor(sy).astype(int), HEIGHT + 2)
    fx, fy = sx - x0, sy - y0
    top = padded[y0, x0] * (1 - fx) + padded[y0, x0 + 1] * fx
    bottom = padded[y0 + 1, x0] * (1 - fx) + padded[y0 + 1, x0 + 1] * fx
    return (top * (1 - fy) + bottom * fy).reshape(HEIGHT, WIDTH)


class LandmarkParity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.points, cls.maps, cls.errors, cls.doctors, cls.mm = make_question()
        question = dict(points=as_json(cls.points), maps=as_json(cls.maps), sigma=SIGMA, moves=MOVES,
                        errors_px=as_json(cls.errors), doctors_px=as_json(cls.doctors), mm=as_json(cls.mm))
        probe = os.path.join(os.environ["HPCTRAIN_BIN"], "landmark_probe")
        done = subprocess.run([probe], input=json.dumps(question), capture_output=True, text=True, check=True)
        cls.answer = json.loads(done.stdout)

    def assert_close(self, name, expected, tolerance=1e-5):
        np.testing.assert_allclose(from_json(self.answer[name]), expected, rtol=0, atol=tolerance, equal_nan=True)

    def decoded_by(self, decoder):
        return np.array([[decoder(heatmap) for heatmap in sample] for sample in self.maps])

    def test_gaussian_targets(self):
        self.assert_close("heatmaps", gaussians(self.points, SIGMA))

    def test_argmax(self):
        self.assert_close("argmax", self.decoded_by(peak_of), 0)

    def test_log_parabola(self):
        self.assert_close("log_parabola", self.decoded_by(log_parabola))

    def test_local_soft_argmax(self):
        self.assert_close("local_soft_argmax", self.decoded_by(local_soft_argmax))

    def test_points_follow_the_matrix(self):
        homogeneous = np.concatenate([self.points.astype(np.float64), np.ones((3, 4, 1))], axis=2)
        moved = np.stack([(points @ matrix_of(move).T)[:, :2] for points, move in zip(homogeneous, MOVES)])
        upper = np.array([WIDTH, HEIGHT]) - 0.5
        moved[~((moved >= -0.5) & (moved < upper)).all(axis=2)] = np.nan
        self.assertGreaterEqual(np.isnan(moved).any(axis=2).sum(), 2)
        self.assert_close("moved_points", moved)

    def test_images_follow_the_matrix(self):
        moved = [[warp(heatmap, matrix_of(move)) for heatmap in sample] for sample, move in zip(self.maps, MOVES)]
        self.assert_close("moved_maps", np.array(moved))

    def test_metrics(self):
        errors = (self.errors * self.mm[:, None])[~np.isnan(self.errors)]
        expected = dict(mre_mm=errors.mean(), sd_mm=errors.std(ddof=1), sdr_2_0=(errors <= 2.0).mean(),
                        sdr_2_5=(errors <= 2.5).mean(), sdr_3_0=(errors <= 3.0).mean(), sdr_4_0=(errors <= 4.0).mean(),
                        doctors_mm=(self.doctors * self.mm[:, None]).mean(),
                        noise_floor_mm=(self.doctors * self.mm[:, None]).mean() / 2, loss=0.0)
        self.assertEqual(set(self.answer["metrics"]), set(expected))
        for name, value in expected.items():
            self.assertAlmostEqual(self.answer["metrics"][name], value, delta=1e-5, msg=name)


if __name__ == "__main__":
    unittest.main()
