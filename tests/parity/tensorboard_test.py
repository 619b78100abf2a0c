"""TensorBoard's own readers get out of our files what metrics.jsonl says."""
import io
import json
import logging
import math
import shutil
import unittest

import numpy as np
from PIL import Image
from safetensors.numpy import load_file
from tensorboard import context
from tensorboard.backend.event_processing import data_provider, event_accumulator, plugin_event_multiplexer
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub import errors
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

from hpctrain_test import ProgramTest, make_dataset, read_metrics, run_hpctrain

logging.getLogger("tensorboard").setLevel(logging.ERROR)


BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


def read_scalars(run) -> dict[str, dict[int, float]]:
    accumulator = event_accumulator.EventAccumulator(str(run), size_guidance={event_accumulator.SCALARS: 0})
    accumulator.Reload()
    return {tag: {event.step: event.value for event in accumulator.Scalars(tag)}
            for tag in accumulator.Tags()["scalars"]}


class TensorboardTest(ProgramTest):
    def run_hpctrain(self, *arguments, **options):
        result = run_hpctrain(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)

    def assert_equal_curves(self, read: dict[int, float], written: dict[int, float]):
        self.assertEqual(read.keys(), written.keys())
        for step, value in written.items():
            self.assertTrue(math.isclose(read[step], value, rel_tol=1e-6), (step, read[step], value))

    def test_a_run_that_was_resumed_reads_like_its_diary(self):
        data, run = make_dataset(self.folder, train=200, test=40), self.folder / "run"
        flags = ("--data", data, "--out", run, "--batch", "20", "--optim.clip-norm", "1", "--checkpoint.every-steps", "4",
                 "--eval.every-epochs", "1")
        self.run_hpctrain(*flags, "--epochs", "1")
        # As if the last checkpoint had never been finished: the next start makes the steps after the one before anew.
        newest = max((run / "ckpt").glob("step-*"), key=lambda folder: folder.name)
        shutil.rmtree(newest)
        self.run_hpctrain(*flags, "--epochs", "2", ranks=2)
        self.assertEqual(len(list(run.glob("events.out.tfevents.*"))), 2)
        resumed = read_metrics(run, "run")[-1]["resumed_from"]
        self.assertGreater(resumed, 0)
        self.assertLess(resumed, 10)
        scalars = read_scalars(run)
        # A later line of a step replaces an earlier one.
        steps = {line["step"]: line for line in read_metrics(run, "step")}
        self.assertEqual(sorted(steps), list(range(1, 21)))
        for tag, name in (("train/loss", "loss"), ("train/lr", "lr"), ("train/samples_per_second", "samples_per_second"),
                          ("train/gradient_norm", "gradient_norm")):
            self.assert_equal_curves(scalars[tag], {step: line[name] for step, line in steps.items()})
        evaluations = {line["step"]: line["metrics"] for line in read_metrics(run, "eval")}
        for metric in ("top1", "top5", "loss"):
            self.assert_equal_curves(scalars[f"test/{metric}"], {s: m[metric] for s, m in evaluations.items()})
        epochs = {line["step"]: line for line in read_metrics(run, "epoch")}
        self.assert_equal_curves(scalars["memory/resident_bytes"], {s: e["resident_bytes"] for s, e in epochs.items()})
        self.assertIn("share/forward", scalars)

    def test_every_record_has_its_sums(self):
        data, run = make_dataset(self.folder, train=100, test=20), self.folder / "run"
        self.run_hpctrain("--data", data, "--out", run, "--batch", "50", "--epochs", "1")
        file = next(run.glob("events.out.tfevents.*"))
        # The reader checks both sums of each frame.
        reader = PyRecordReader_New(str(file))
        events = []
        while True:
            try:
                reader.GetNext()
            except errors.OutOfRangeError:
                break
            events.append(event_pb2.Event.FromString(reader.record()))
        self.assertEqual(events[0].file_version, "brain.Event:2")
        self.assertEqual([event.step for event in events if event.HasField("session_log")], [1])
        self.assertGreater(len(events), 4)
        damaged = bytearray(file.read_bytes())
        damaged[-3] ^= 1
        file.write_bytes(damaged)
        reader = PyRecordReader_New(str(file))
        with self.assertRaises(errors.DataLossError):
            for _ in events:
                reader.GetNext()

    def test_the_trials_of_a_sweep_fill_the_hparams_page(self):
        data, sweep = make_dataset(self.folder, train=100, test=20), self.folder / "sweep"
        self.run_hpctrain("sweep", "--data", data, "--out", sweep, "--batch", "50", "--epochs", "1", "--optim.lr",
                          "0.1,0.01", "--optim.name", "sgd,adam")
        multiplexer = plugin_event_multiplexer.EventMultiplexer()
        multiplexer.AddRunsFromDirectory(str(sweep / "trials"))
        multiplexer.Reload()
        provider = data_provider.MultiplexerDataProvider(multiplexer, str(sweep / "trials"))
        page = backend_context.Context(base_plugin.TBContext(data_provider=provider))
        request = api_pb2.ListSessionGroupsRequest(
            start_index=0, slice_size=10, allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_UNKNOWN],
            col_params=[api_pb2.ColParams(metric=api_pb2.MetricName(group="", tag="test/top1"))])
        found = list_session_groups.Handler(context.RequestContext(), page, "experiment", request).run()
        seen = {(group.hparams["optim.lr"].number_value, group.hparams["optim.name"].string_value):
                group.sessions[0].metric_values for group in found.session_groups}
        self.assertEqual(set(seen), {(lr, name) for lr in (0.1, 0.01) for name in ("sgd", "adam")})
        for row in json.loads((sweep / "results.json").read_text()):
            values = {value.name.tag: value.value for value in seen[float(row["optim.lr"]), row["optim.name"]]}
            self.assertAlmostEqual(values["test/top1"], row["top1"], places=6)

    def test_histograms_of_every_layer_hold_what_the_tensors_hold(self):
        data, run = make_dataset(self.folder, train=100, test=20), self.folder / "run"
        self.run_hpctrain("--data", data, "--out", run, "--batch", "50", "--epochs", "2", ranks=2)
        weights = self.folder / "weights.safetensors"
        self.run_hpctrain("export", run, "-o", weights)
        tensors = {name: values for name, values in load_file(weights).items() if not name.endswith(BUFFERS)}
        accumulator = event_accumulator.EventAccumulator(str(run), size_guidance={event_accumulator.HISTOGRAMS: 0})
        accumulator.Reload()
        self.assertEqual(set(accumulator.Tags()["histograms"]),
                         {f"{kind}/{name}" for kind in ("weights", "gradients") for name in tensors})
        for name, values in tensors.items():
            events = accumulator.Histograms(f"weights/{name}")
            self.assertEqual([event.step for event in events], [2, 4])
            last = events[-1].histogram_value
            self.assertEqual((last.num, sum(last.bucket)), (values.size, values.size))
            for found, expected in ((last.min, values.min()), (last.sum, values.sum(dtype=float)),
                                    (last.sum_squares, np.square(values, dtype=float).sum())):
                self.assertAlmostEqual(found, expected, delta=1e-4 * max(1, abs(expected)))
            self.assertEqual(len(last.bucket), len(last.bucket_limit))
            if values.max() > values.min():
                counts, _ = np.histogram(values, bins=len(last.bucket), range=(last.min, last.max))
                self.assertLessEqual(np.abs(counts - last.bucket).sum(), 0.02 * values.size + 2)
        for name in tensors:
            gradient = accumulator.Histograms(f"gradients/{name}")[-1].histogram_value
            self.assertEqual(gradient.num, tensors[name].size)
        self.assertGreater(accumulator.Histograms("gradients/fc.weight")[-1].histogram_value.sum_squares, 0)

    def test_the_worst_samples_are_pictures(self):
        data, run = make_dataset(self.folder, train=100, test=20), self.folder / "run"
        self.run_hpctrain("--data", data, "--out", run, "--batch", "50", "--epochs", "2", "--monitor.pictures", "2")
        accumulator = event_accumulator.EventAccumulator(str(run), size_guidance={event_accumulator.IMAGES: 0})
        accumulator.Reload()
        self.assertEqual(accumulator.Tags()["images"], ["test/worst 1", "test/worst 2"])
        for place in (1, 2):
            events = accumulator.Images(f"test/worst {place}")
            self.assertEqual([event.step for event in events], [2, 4])
            with Image.open(io.BytesIO(events[-1].encoded_image_string)) as picture:
                picture.load()
                self.assertEqual((picture.size, picture.mode), ((events[-1].width, events[-1].height), "RGB"))
                self.assertGreater(np.asarray(picture).std(), 5)
            self.assertEqual((run / f"pictures/test-worst-{place}.png").read_bytes(), events[-1].encoded_image_string)

    def test_neither_is_written_where_it_is_not_wanted(self):
        data, run = make_dataset(self.folder, train=100, test=20), self.folder / "run"
        self.run_hpctrain("--data", data, "--out", run, "--batch", "50", "--epochs", "1", "--monitor.pictures", "0",
                          "--monitor.histograms", "no")
        accumulator = event_accumulator.EventAccumulator(str(run))
        accumulator.Reload()
        self.assertEqual((accumulator.Tags()["histograms"], accumulator.Tags()["images"]), ([], []))
        self.assertFalse((run / "pictures").exists())

    def test_none_is_written_where_none_is_wanted(self):
        data, run = make_dataset(self.folder, train=100, test=20), self.folder / "run"
        self.run_hpctrain("--data", data, "--out", run, "--batch", "50", "--epochs", "1", "--monitor.tensorboard", "no")
        self.assertEqual(list(run.glob("events.out.tfevents.*")), [])


if __name__ == "__main__":
    unittest.main()
