"""Every operation of data.augment against torchvision, with the parameters that were drawn, to 1e-5."""
import json
import os
import subprocess
import unittest

import numpy as np
import torch
import torch.nn.functional as nn_functional
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

COUNT, CHANNELS, HEIGHT, WIDTH = 6, 3, 26, 34
OPERATIONS = [
    "crop(pad=5)",
    "crop(pad=5, mode=zero) | flip",
    "cutout(9)",
    "random-resized-crop(scale=0.1..0.9)",
    "elastic(sigma=0.03, p=0.7)",
    "affine(rotate=30, scale=0.2)",
    "affine(rotate=180)",
    "jitter(contrast=0.5, brightness=0.3)",
    "jitter(saturation=1)",
    "jitter(hue=0.5)",
    "gamma(1.5)",
    "grey(p=0.5)",
    "blur(sigma=0.2..2.5, p=0.8)",
]


def ask(images):
    question = dict(augment=OPERATIONS, images=dict(shape=list(images.shape), values=images.double().flatten().tolist()))
    probe = os.path.join(os.environ["HPCTRAIN_BIN"], "augmentation_probe")
    done = subprocess.run([probe], input=json.dumps(question), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


class AugmentationParity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(7)
        rough = torch.rand(COUNT, CHANNELS, HEIGHT // 2, WIDTH // 2)
        cls.images = functional.resize(rough, [HEIGHT, WIDTH], antialias=True).clamp(0, 1)
        cls.answers = ask(cls.images)

    def compare(self, augment, expected_of, least_changed=2):
        """expected_of(image, plan) for each image; a test that changed too few images shows nothing."""
        answer = self.answers[augment]
        actual = np.array(answer["images"]["values"], dtype=np.float32).reshape(answer["images"]["shape"])
        expected = np.stack([expected_of(image, plan).numpy() for image, plan in zip(self.images, answer["plans"])])
        changed = [not np.allclose(e, i, atol=1e-3) for e, i in zip(expected, self.images.numpy())]
        self.assertGreaterEqual(sum(changed), least_changed)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5)

    def test_crop_with_mirrored_borders(self):
        def expected(image, plan):
            padded = functional.pad(image, [5, 5, 5, 5], padding_mode="reflect")
            return functional.crop(padded, 5 - plan["y"], 5 - plan["x"], HEIGHT, WIDTH)

        self.compare("crop(pad=5)", expected, 5)

    def test_crop_with_black_borders_then_flip(self):
        def expected(image, plan):
            shown = functional.crop(functional.pad(image, [5, 5, 5, 5]), 5 - plan["y"], 5 - plan["x"], HEIGHT, WIDTH)
            return functional.horizontal_flip(shown) if plan["is_flipped"] else shown

        plans = self.answers["crop(pad=5, mode=zero) | flip"]["plans"]
        self.assertEqual({plan["is_flipped"] for plan in plans}, {True, False})
        self.compare("crop(pad=5, mode=zero) | flip", expected, 5)

    def test_cutout(self):
        def expected(image, plan):
            top, left, size = plan["cutout"]
            bottom, right = min(top + size, HEIGHT), min(left + size, WIDTH)
            top, left = max(top, 0), max(left, 0)
            return functional.erase(image, top, left, bottom - top, right - left, torch.tensor(0.5))

        self.compare("cutout(9)", expected, COUNT)

    def test_random_resized_crop(self):
        def expected(image, plan):
            top, left, height, width = plan["window"]
            return functional.resized_crop(image, top, left, height, width, [HEIGHT, WIDTH], antialias=False)

        self.compare("random-resized-crop(scale=0.1..0.9)", expected, COUNT)

    def test_elastic(self):
        def expected(image, plan):
            if not plan["elastic"]:
                return image
            control = torch.tensor(plan["elastic"]).view(1, 2, 5, 5)
            moves = nn_functional.interpolate(control, size=(HEIGHT, WIDTH), mode="bicubic", align_corners=True)
            shares = moves.permute(0, 2, 3, 1) * 2 / torch.tensor([WIDTH, HEIGHT])
            return functional.elastic(image, shares, fill=0)

        self.assertGreater(sum(bool(plan["elastic"]) for plan in self.answers["elastic(sigma=0.03, p=0.7)"]["plans"]), 2)
        self.compare_inside("elastic(sigma=0.03, p=0.7)", expected)

    def test_affine(self):
        for augment in ("affine(rotate=30, scale=0.2)", "affine(rotate=180)"):
            with self.subTest(augment):
                def expected(image, plan):
                    xx, _, _, yx, _, _ = plan["map"]
                    return functional.affine(image, angle=float(np.degrees(np.arctan2(yx, xx))), translate=[0, 0],
                                             scale=float(np.hypot(xx, yx)), shear=[0.0, 0.0],
                                             interpolation=InterpolationMode.BILINEAR)

                self.compare_inside(augment, expected)

    def compare_inside(self, augment, expected_of):
        """torchvision weakens what is black by its mask: only pixels that come wholly from within are compared."""
        answer = self.answers[augment]
        actual = torch.tensor(answer["images"]["values"]).view(answer["images"]["shape"])
        for image, plan, mine in zip(self.images, answer["plans"], actual):
            inside = expected_of(torch.ones_like(image), plan) > 1 - 1e-6
            self.assertGreater(inside.float().mean().item(), 0.3)
            torch.testing.assert_close(mine[inside], expected_of(image, plan)[inside], rtol=0, atol=1e-5)

    def test_contrast_and_brightness(self):
        self.compare("jitter(contrast=0.5, brightness=0.3)",
                     lambda image, plan: image * plan["contrast"] + plan["brightness"], COUNT)

    def test_saturation(self):
        self.compare("jitter(saturation=1)", lambda image, plan: functional.adjust_saturation(image, plan["saturation"]))

    def test_hue(self):
        self.compare("jitter(hue=0.5)", lambda image, plan: functional.adjust_hue(image, plan["hue"]))

    def test_gamma(self):
        self.compare("gamma(1.5)", lambda image, plan: functional.adjust_gamma(image, plan["gamma"]))

    def test_grey(self):
        self.compare("grey(p=0.5)",
                     lambda image, plan: functional.rgb_to_grayscale(image, 3) if plan["is_grey"] else image)

    def test_blur(self):
        def expected(image, plan):
            sigma = plan["blur_sigma"]
            if sigma == 0:
                return image
            side = 2 * int(np.ceil(3 * sigma)) + 1
            return functional.gaussian_blur(image, [side, side], [sigma, sigma])

        self.compare("blur(sigma=0.2..2.5, p=0.8)", expected)


if __name__ == "__main__":
    unittest.main()
