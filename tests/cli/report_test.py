"""report.html of a run and of a sweep: well-formed, complete, loading nothing, and nothing in it that a file made markup."""
import base64
import html.parser
import json
import re
import unittest

from hpctrain_test import ProgramTest, make_dataset, read_metrics, run_hpctrain


class Page(html.parser.HTMLParser):
    """Text, hints and references of a page whose elements all close."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.defects: list[str] = []
        self.hints: set[str] = set()
        self.references: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        self.defects += self.open

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "link"):
            self.open.append(tag)
        self.note(attributes)

    def handle_startendtag(self, tag, attributes):
        self.note(attributes)

    def note(self, attributes):
        names = [name for name, _ in attributes]
        self.defects += [name for name in names if names.count(name) > 1 or name.startswith("on")]
        for name, value in attributes:
            if name == "title":
                self.hints.add(value)
            if name in ("href", "src", "xlink:href", "action", "data", "srcset"):
                self.references.append(value)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.defects.append(f"</{tag}>")

    def handle_data(self, data):
        self.text += data


class ReportTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A name that would be markup.
        cls.root = cls.make_class_folder() / "<b onclick=x>&amp;"
        cls.root.mkdir()
        cls.data = make_dataset(cls.root, train=200, test=50)

    def read(self, folder) -> Page:
        text = (folder / "report.html").read_text()
        page = Page(text)
        self.assertEqual(page.defects, [])
        # What it shows is inside it.
        self.assertEqual([r for r in page.references if not r.startswith("data:image/png;base64,")], ["data:,"])
        self.assertNotRegex(text, r"url\(|@import|https?:|<script|<iframe|<object")
        return page

    def run_hpctrain(self, *arguments, **options):
        result = run_hpctrain(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def test_a_run_ends_with_a_report_that_has_every_number(self):
        run = self.root / "<i onload=y>run"
        self.run_hpctrain("--data", self.data, "--out", run, "--epochs", "3", "--batch", "32", ranks=2)
        page = self.read(run)
        evaluations = read_metrics(run, "eval")
        self.assertEqual(len(evaluations), 3)
        for line in evaluations:
            for value in line["metrics"].values():
                self.assertIn(value, [float(hint) for hint in page.hints if re.fullmatch(r"[-+.e0-9]+", hint)])
        end = read_metrics(run, "end")[-1]
        for seconds in end["phase_seconds"].values():
            self.assertIn(seconds, [float(hint) for hint in page.hints if re.fullmatch(r"[-+.e0-9]+", hint)])
        for word in ("finished", "Loss", "Learning rate", "top1", "Share of the time", "Samples per second", "Memory",
                     "Checkpoints", "libtorch", "optim.lr", str(self.data)):
            self.assertIn(word, page.text)
        self.assertIn([line for line in read_metrics(run, "verdict") if line.get("scope") == "run"][-1]["text"], page.text)
        # Again, and after more was trained: the page follows.
        self.run_hpctrain("--data", self.data, "--out", run, "--epochs", "4", "--batch", "32")
        newest = read_metrics(run, "eval")[-1]["metrics"]["loss"]
        self.assertIn(str(newest), {str(float(h)) for h in self.read(run).hints if re.fullmatch(r"[-+.e0-9]+", h)})
        (run / "report.html").unlink()
        printed = self.run_hpctrain("report", run).stdout.strip()
        self.assertEqual(printed, str(run / "report.html"))
        self.assertIn("finished", self.read(run).text)

    def test_a_sweep_ends_with_a_report_of_its_trials(self):
        sweep = self.root / "sweep"
        self.run_hpctrain("sweep", "--data", self.data, "--out", sweep, "--optim.lr", "0.05,0.0001", "--seed", "1,2",
                          "--epochs", "2", "--batch", "50", ranks=2)
        page = self.read(sweep)
        rows = json.loads((sweep / "results.json").read_text())
        self.assertEqual(len(rows), 4)
        numbers = [float(hint) for hint in page.hints if re.fullmatch(r"[-+.e0-9]+", hint)]
        for row in rows:
            self.assertIn(row["top1"], numbers)
            self.assertIn(f"trials/{row['trial']}", page.hints)
        for configuration in json.loads((sweep / "sweep.json").read_text())["configurations"]:
            self.assertIn(configuration["mean"], numbers)
            self.assertIn(configuration["verdict"], page.text)
        for word in ("Replicates", "4 trials", "4 done", "optim.lr", "train.seed", "one axis alone explains", "after each epoch"):
            self.assertIn(word, page.text)

    def test_pictures_and_the_operators_of_a_trace_are_shown(self):
        run = self.root / "traced"
        self.run_hpctrain("--data", self.data, "--out", run, "--epochs", "1", "--batch", "50", "--monitor.trace", "2:3",
                          "--monitor.pictures", "2")
        page = self.read(run)
        pictures = [base64.b64decode(r.split(",", 1)[1]) for r in page.references if r.startswith("data:image/png")]
        self.assertEqual(pictures, [path.read_bytes() for path in sorted((run / "pictures").iterdir())])
        self.assertEqual(len(pictures), 2)
        top = json.loads((run / "trace.json").read_text())["top_operators"]
        for entry in top[:10]:
            self.assertIn(entry["name"], page.text)
            self.assertIn(entry["own_seconds"], [float(h) for h in page.hints if re.fullmatch(r"[-+.e0-9]+", h)])
        # What is torn or no picture does no harm.
        (run / "trace.json").write_text((run / "trace.json").read_text()[:100])
        (run / "pictures/notes.txt").write_text("<b>")
        self.run_hpctrain("report", run)
        self.assertNotIn(top[0]["name"], self.read(run).text)

    def test_what_is_no_run_is_refused(self):
        self.assert_refused(run_hpctrain("report", self.folder), 64, str(self.folder), "run.ini")
        self.assert_refused(run_hpctrain("report"), 64, "hpctrain report RUN_DIR")

    def test_a_report_that_cannot_be_written_is_a_warning(self):
        run = self.folder / "run"
        self.run_hpctrain("--data", self.data, "--out", run, "--epochs", "1", "--batch", "50")
        (run / "report.html").unlink()
        (run / "report.html").mkdir()
        result = self.run_hpctrain("--data", self.data, "--out", run, "--epochs", "2", "--batch", "50")
        self.assertIn("report.html could not be written", result.stderr)


if __name__ == "__main__":
    unittest.main()
