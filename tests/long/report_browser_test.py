"""report.html of a run and of a sweep in a headless Chromium (apt-get install chromium): no complaint, all of it there."""
import subprocess
import unittest

from hpctrain_test import ProgramTest, make_dataset, run_hpctrain


class ReportBrowserTest(ProgramTest):
    def open_page(self, page):
        return subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                               f"--user-data-dir={self.folder / 'browser'}", "--enable-logging=stderr",
                               f"file://{page}"], capture_output=True, text=True, timeout=120)

    def test_a_browser_opens_them_without_complaint(self):
        flags = ("--data", make_dataset(self.folder, train=200, test=50), "--epochs", "2", "--batch", "50")
        for name, words in (("run", ()), ("sweep", ("sweep", "--optim.lr", "0.05,0.0001"))):
            result = run_hpctrain(*words, *flags, "--out", self.folder / name)
            self.assertEqual(result.returncode, 0, result.stderr)
            page = self.folder / name / "report.html"
            opened = self.open_page(page)
            self.assertEqual(opened.returncode, 0, opened.stderr)
            self.assertNotIn("CONSOLE", opened.stderr)
            for element in ("</svg>", "</tr>"):
                self.assertGreater(opened.stdout.count(element), 0)
                self.assertEqual(opened.stdout.count(element), page.read_text().count(element))


if __name__ == "__main__":
    unittest.main()
