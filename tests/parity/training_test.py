"""Updates, schedules, averages and the loss scale against torch.optim, torch.amp and formulas from papers."""
import math
import os
import pathlib
import subprocess
import tempfile
import unittest
import warnings

import torch
from safetensors.torch import load_file, save_file

PROBE = str(pathlib.Path(os.environ["HPCTRAIN_BIN"]) / "training_probe")
STEPS = 100
TOLERANCE = 1e-6


def run_probe(*words):
    return subprocess.run([PROBE, *map(str, words)], capture_output=True, text=True, timeout=60, check=True).stdout


def make_parameters():
    generator = torch.Generator().manual_seed(11)
    shapes = {"conv.weight": (6, 3, 3, 3), "norm.weight": (6,), "norm.bias": (6,), "fc.weight": (5, 24)}
    return {name: torch.randn(shape, generator=generator) * 0.3 for name, shape in shapes.items()}


def make_gradients():
    """Of changing size, so that clipping clips some steps and not others."""
    generator = torch.Generator().manual_seed(12)
    return [{name: torch.randn(value.shape, generator=generator) * (0.02 + 0.2 * (step % 7 == 0))
             for name, value in make_parameters().items()} for step in range(STEPS)]


class UpdateParity(unittest.TestCase):
    def ours(self, *flags):
        tensors = {"parameter/" + name: value for name, value in make_parameters().items()}
        for step, gradients in enumerate(make_gradients()):
            tensors |= {f"gradient/{step}/{name}": value for name, value in gradients.items()}
        with tempfile.TemporaryDirectory() as folder:
            given, found = pathlib.Path(folder) / "in.safetensors", pathlib.Path(folder) / "out.safetensors"
            save_file(tensors, given)
            run_probe("update", given, found, "--optim.schedule", "constant", "--optim.warmup-epochs", 0, *flags)
            return load_file(found)

    def torchs(self, make_optimizer, after_backward=lambda parameters: None, after_step=lambda parameters: None):
        parameters = {name: value.clone().requires_grad_() for name, value in make_parameters().items()}
        optimizer = make_optimizer(list(parameters.values()))
        for gradients in make_gradients():
            for name, parameter in parameters.items():
                parameter.grad = gradients[name].clone()
            after_backward(parameters)
            optimizer.step()
            after_step(parameters)
        return {name: parameter.detach() for name, parameter in parameters.items()}

    def assert_near(self, ours, expected):
        for name, value in expected.items():
            difference = (ours[name] - value).abs().max().item()
            self.assertLess(difference, TOLERANCE, name)
            self.assertGreater((value - make_parameters().get(name, value + 1)).abs().max().item(), 1e-3, "nothing moved")

    def test_sgd_with_momentum_follows_torch(self):
        ours = self.ours("--optim.name", "sgd", "--optim.nesterov", "no", "--optim.lr", 0.05)
        self.assert_near(ours, self.torchs(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=5e-4)))

    def test_sgd_with_nesterov_momentum_follows_torch(self):
        ours = self.ours("--optim.name", "sgd", "--optim.lr", 0.05, "--optim.weight-decay", 0.01)
        self.assert_near(ours, self.torchs(
            lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)))

    def test_adam_follows_torch(self):
        ours = self.ours("--optim.name", "adam", "--optim.lr", 0.002, "--optim.weight-decay", 0.01)
        self.assert_near(ours, self.torchs(lambda p: torch.optim.Adam(p, lr=0.002, weight_decay=0.01)))

    def test_adamw_follows_torch(self):
        ours = self.ours("--optim.name", "adamw", "--optim.lr", 0.002, "--optim.weight-decay", 0.05)
        self.assert_near(ours, self.torchs(lambda p: torch.optim.AdamW(p, lr=0.002, weight_decay=0.05)))

    def lars(self, exempt_vectors, lr=0.5, momentum=0.9, decay=1e-3, trust=0.02):
        """Algorithm 1 of You et al. 2017, in double."""
        weights = {name: value.double() for name, value in make_parameters().items()}
        velocity = {name: torch.zeros_like(value) for name, value in weights.items()}
        for gradients in make_gradients():
            for name, w in weights.items():
                g = gradients[name].double()
                if exempt_vectors and w.dim() == 1:
                    local, beta = 1.0, 0.0
                else:
                    local, beta = trust * w.norm() / (g.norm() + decay * w.norm()), decay
                velocity[name] = momentum * velocity[name] + lr * local * (g + beta * w)
                weights[name] = w - velocity[name]
        return {name: value.float() for name, value in weights.items()}

    def test_lars_follows_its_paper(self):
        flags = ("--optim.name", "lars", "--optim.lr", 0.5, "--optim.weight-decay", 1e-3, "--optim.trust", 0.02)
        self.assert_near(self.ours(*flags, "--optim.lars-exempt-vectors", "no"), self.lars(exempt_vectors=False))

    def test_lars_may_leave_biases_and_normalisation_at_the_plain_rate(self):
        flags = ("--optim.name", "lars", "--optim.lr", 0.01, "--optim.weight-decay", 1e-3, "--optim.trust", 0.02)
        self.assert_near(self.ours(*flags), self.lars(exempt_vectors=True, lr=0.01))

    def test_clipping_follows_torch(self):
        ours = self.ours("--optim.lr", 0.05, "--optim.nesterov", "no", "--optim.clip-norm", 1.5)
        clipped = []

        def clip(parameters):
            norm = torch.nn.utils.clip_grad_norm_(parameters.values(), 1.5)
            clipped.append(norm.item() > 1.5)

        self.assert_near(ours, self.torchs(
            lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=5e-4), after_backward=clip))
        self.assertEqual(set(clipped), {True, False})

    def test_averaged_weights_follow_torchs_averaged_model_with_the_same_warm_up(self):
        ours = self.ours("--optim.lr", 0.05, "--optim.nesterov", "no", "--train.ema-decay", 0.97)
        average = {name: value.clone() for name, value in make_parameters().items()}
        updates = 0

        def follow(parameters):
            nonlocal updates
            updates += 1
            decay = min(0.97, (1 + updates) / (10 + updates))
            ema = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
            ema(list(average.values()), [p.detach() for p in parameters.values()], torch.tensor(1))

        self.torchs(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=5e-4), after_step=follow)
        for name, value in average.items():
            self.assertLess((ours["average/" + name] - value).abs().max().item(), TOLERANCE, name)
            self.assertGreater((ours["average/" + name] - ours[name]).abs().max().item(), 1e-3)


class ScheduleParity(unittest.TestCase):
    PER_EPOCH = 20

    def ours(self, *flags):
        return [float(line) for line in run_probe("schedule", self.PER_EPOCH, "--optim.lr", 0.4, *flags).split()]

    def torchs(self, steps, make_scheduler):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
        rates = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own SequentialLR calls what it deprecates
            scheduler = make_scheduler(optimizer)
            for _ in range(steps):
                rates.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                scheduler.step()
        return rates

    def warmed_up(self, optimizer, scheduler, steps):
        warm_up = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / steps, total_iters=steps - 1)
        return torch.optim.lr_scheduler.SequentialLR(optimizer, [warm_up, scheduler], milestones=[steps])

    def assert_near(self, ours, expected):
        self.assertEqual(len(ours), len(expected))
        for step, (mine, theirs) in enumerate(zip(ours, expected)):
            self.assertLess(abs(mine - theirs), TOLERANCE, f"step {step}")

    def test_constant_rate_after_a_warm_up_follows_torch(self):
        ours = self.ours("--epochs", 5, "--optim.schedule", "constant", "--optim.warmup-epochs", 1.5)
        self.assert_near(ours, self.torchs(100, lambda o: torch.optim.lr_scheduler.LinearLR(
            o, start_factor=1 / 30, total_iters=29)))

    def test_steps_follow_torchs_multi_step_rate(self):
        ours = self.ours("--epochs", 5, "--optim.schedule", "step", "--optim.milestones", "2 3.5", "--optim.gamma", 0.3,
                         "--optim.warmup-epochs", 0)
        self.assert_near(ours, self.torchs(100, lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [40, 70], gamma=0.3)))

    def test_cosine_after_a_warm_up_follows_torch(self):
        ours = self.ours("--epochs", 5, "--optim.schedule", "cosine", "--optim.final-fraction", 0.05,
                         "--optim.warmup-epochs", 0.5)
        self.assert_near(ours, self.torchs(100, lambda o: self.warmed_up(
            o, torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=90, eta_min=0.02), 10)))

    def test_one_cycle_follows_torch(self):
        for rise, start, end in ((0.3, 25, 1e4), (0.45, 10, 100)):
            ours = self.ours("--epochs", 5, "--optim.schedule", "one-cycle", "--optim.one-cycle-rise", rise,
                             "--optim.one-cycle-start", start, "--optim.one-cycle-end", end)
            self.assert_near(ours, self.torchs(100, lambda o: torch.optim.lr_scheduler.OneCycleLR(
                o, max_lr=0.4, total_steps=100, pct_start=rise, div_factor=start, final_div_factor=end,
                cycle_momentum=False)))

    def test_the_rate_grows_with_the_batch(self):
        ours = self.ours("--epochs", 1, "--optim.schedule", "constant", "--optim.warmup-epochs", 0, "--batch", 1024,
                         "--optim.scale-lr", "linear", "--optim.base-batch", 256)
        self.assert_near(ours, [1.6] * self.PER_EPOCH)


class ScalerParity(unittest.TestCase):
    def test_every_decision_is_that_of_torchs_scaler(self):
        interval = 7
        generator = torch.Generator().manual_seed(3)
        overflow = (torch.rand(300, generator=generator) < 0.09).tolist()
        pattern = "".join("x" if is_inf else "." for is_inf in overflow)
        ours = [tuple(map(float, line.split())) for line in run_probe("scaler", interval, pattern).splitlines()]
        weight = torch.ones(1, requires_grad=True)
        optimizer = torch.optim.SGD([weight], lr=0.125)
        scaler = torch.amp.GradScaler("cpu", growth_interval=interval)
        expected = []
        for is_inf in overflow:
            optimizer.zero_grad()
            scaler.scale((weight * (math.inf if is_inf else 1.0)).sum()).backward()
            scale = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            expected.append((scale, float(scaler._get_growth_tracker()), weight.item()))
        self.assertEqual(ours, expected)
        scales = [line[0] for line in expected]
        self.assertTrue(any(b > a for a, b in zip(scales, scales[1:])), "the scale never grew")
        self.assertTrue(any(b < a for a, b in zip(scales, scales[1:])), "the scale never fell")


if __name__ == "__main__":
    unittest.main()
