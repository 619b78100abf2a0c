"""NT-Xent, linear probe and nearest neighbours against torch and numpy."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import torch
from safetensors.torch import load_file, save_file

PROBE = str(pathlib.Path(os.environ["HPCTRAIN_BIN"]) / "contrastive_probe")


def run_probe(mode, number, given):
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("in.safetensors", "out.safetensors")]
        save_file(given, paths[0])
        subprocess.run([PROBE, mode, str(number), *map(str, paths)], check=True, timeout=60)
        return load_file(paths[1])


class NtXentParity(unittest.TestCase):
    def reference(self, embeddings, temperature):
        """As published SimCLR code has it: cross-entropy over the cosines with all other views."""
        z = torch.nn.functional.normalize(torch.cat([embeddings[:, 0], embeddings[:, 1]]), dim=1)
        cosines = z @ z.T / temperature
        count = len(embeddings)
        cosines[torch.eye(2 * count, dtype=torch.bool)] = -9e15
        partners = torch.cat([torch.arange(count) + count, torch.arange(count)])
        return torch.nn.functional.cross_entropy(cosines, partners)

    def test_loss_and_gradient_follow_torch(self):
        generator = torch.Generator().manual_seed(1)
        for samples, temperature in ((2, 0.5), (37, 0.1), (64, 1.0)):
            given = torch.randn(samples, 2, 24, generator=generator, dtype=torch.float64)
            embeddings = given.clone().requires_grad_()
            loss = self.reference(embeddings, temperature)
            loss.backward()
            ours = run_probe("loss", temperature, {"embeddings": given})
            self.assertLess(abs(ours["losses"].mean() - loss.detach()).item(), 1e-10)
            self.assertLess((ours["gradient"] - embeddings.grad).abs().max().item(), 1e-10)
            self.assertGreater(embeddings.grad.abs().max().item(), 1e-5)


class FeatureParity(unittest.TestCase):
    CLASSES = 4

    def setUp(self):
        generator = np.random.default_rng(3)
        centres = generator.normal(size=(self.CLASSES, 12)) * 0.8
        self.labels = generator.integers(0, self.CLASSES, 205)
        self.features = (centres[self.labels] + generator.normal(size=(205, 12))) * np.linspace(0.1, 30, 12) + 5
        self.features[:, 3] = 7  # never changes
        self.truth = generator.integers(0, self.CLASSES, 60)
        self.queries = (centres[self.truth] + generator.normal(size=(60, 12))) * np.linspace(0.1, 30, 12) + 5
        self.ours = run_probe("classify", self.CLASSES, {
            "features": torch.tensor(self.features), "labels": torch.tensor(self.labels),
            "queries": torch.tensor(self.queries)})

    def fit(self, features, labels, penalty):
        """Newton's method on the penalised likelihood."""
        inputs = np.hstack([features, np.ones((len(features), 1))])
        count, width = inputs.shape
        truth = np.eye(self.CLASSES)[labels]
        ridge = np.full(width, penalty / count)
        ridge[-1] = 0
        weights = np.zeros((width, self.CLASSES))
        for _ in range(60):
            logits = inputs @ weights
            p = np.exp(logits - logits.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            gradient = inputs.T @ (p - truth) / count + ridge[:, None] * weights
            hessian = np.zeros((self.CLASSES, width, self.CLASSES, width))
            for a in range(self.CLASSES):
                for b in range(self.CLASSES):
                    curve = p[:, a] * ((a == b) - p[:, b])
                    hessian[a, :, b, :] = inputs.T @ (inputs * curve[:, None]) / count + (a == b) * np.diag(ridge)
            size = width * self.CLASSES
            # Constants of all classes may move together: the least step is taken.
            step = np.linalg.lstsq(hessian.reshape(size, size), gradient.T.reshape(size), rcond=1e-12)[0]
            weights -= step.reshape(self.CLASSES, width).T
        return weights

    def standardised(self, features):
        spread = self.features.std(0)
        return (features - self.features.mean(0)) / np.where(spread > 1e-8, spread, 1)

    def log_softmax(self, logits):
        return logits - logits.max(1, keepdims=True) - np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True))

    def test_the_probe_is_the_penalised_optimum_under_the_penalty_that_the_held_out_fifth_prefers(self):
        inputs = self.standardised(self.features)
        held_out = np.arange(len(inputs)) % 5 == 4
        losses = {}
        for penalty in (1.0, 10.0, 100.0, 1000.0):
            weights = self.fit(inputs[~held_out], self.labels[~held_out], penalty)
            logits = np.hstack([inputs[held_out], np.ones((held_out.sum(), 1))]) @ weights
            losses[penalty] = -self.log_softmax(logits)[np.arange(held_out.sum()), self.labels[held_out]].mean()
        best = min(losses, key=losses.get)
        self.assertEqual(self.ours["penalty"].item(), best, losses)
        weights = self.fit(inputs, self.labels, best)
        logits = np.hstack([self.standardised(self.queries), np.ones((60, 1))]) @ weights
        np.testing.assert_allclose(np.exp(self.log_softmax(self.ours["logits"].numpy())), np.exp(self.log_softmax(logits)),
                                   atol=1e-4)
        self.assertGreater((logits.argmax(1) == self.truth).mean(), 0.6)

    def test_neighbours_vote_by_their_cosines(self):
        votes = np.zeros((60, self.CLASSES))
        unit = self.features / np.linalg.norm(self.features, axis=1, keepdims=True)
        for i, query in enumerate(self.queries):
            cosines = unit @ (query / np.linalg.norm(query))
            for place in np.argsort(-cosines)[:20]:
                votes[i, self.labels[place]] += np.exp(cosines[place] / 0.07)
        np.testing.assert_allclose(self.ours["votes"].numpy(), votes, rtol=1e-9)

    def test_equal_samples_give_equal_probes(self):
        again = run_probe("classify", self.CLASSES, {
            "features": torch.tensor(self.features), "labels": torch.tensor(self.labels),
            "queries": torch.tensor(self.queries)})
        self.assertTrue(torch.equal(again["logits"], self.ours["logits"]))


if __name__ == "__main__":
    unittest.main()
