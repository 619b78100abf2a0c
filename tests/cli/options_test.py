"""The command-line contract: wrong options end with 64 and one line that names the option and the cure."""
import os
import re
import subprocess
import unittest

from hpctrain_test import HPCTRAIN, ProgramTest, launch_command, make_dataset, run_hpctrain


class OptionsTest(ProgramTest):
    def test_unknown_option_names_the_nearest(self):
        self.assert_refused(run_hpctrain("--optim.lrr", "0.1"), 64, "--optim.lrr", "--optim.lr")

    def test_abbreviation_is_refused(self):
        self.assert_refused(run_hpctrain("--train.epoch", "1"), 64, "--train.epoch", "--train.epochs")

    def test_repeated_flag_is_refused_also_by_its_short_form(self):
        self.assert_refused(run_hpctrain("--lr", "0.1", "--optim.lr", "0.2"), 64, "optim.lr")

    def test_wrong_type_is_refused(self):
        self.assert_refused(run_hpctrain("--epochs", "three"), 64, "three")

    def test_negative_count_is_refused(self):
        self.assert_refused(run_hpctrain("--epochs", "-3"), 64, "-3")

    def test_value_out_of_range_is_refused(self):
        self.assert_refused(run_hpctrain("--optim.momentum", "1.5"), 64, "1.5")

    def test_not_a_number_is_refused(self):
        self.assert_refused(run_hpctrain("--lr", "nan"), 64, "nan")

    def test_unknown_choice_names_the_choices(self):
        self.assert_refused(run_hpctrain("--optim.name", "sdg"), 64, "sdg", "sgd", "adamw")

    def test_comma_list_names_the_sweep(self):
        self.assert_refused(run_hpctrain("--lr", "0.1,0.03"), 64, "hpctrain sweep")

    def test_unknown_key_in_a_file_names_file_and_line(self):
        ini = self.folder / "run.ini"
        ini.write_text("[train]\nepochs = 2\n\n[optim]\nlearning-rate = 0.1\n")
        self.assert_refused(run_hpctrain(ini), 64, f"{ini}:5", "learning-rate")

    def test_missing_file_is_refused(self):
        self.assert_refused(run_hpctrain(self.folder / "none.ini"), 64, "none.ini")

    def test_unknown_variable_of_a_known_section_is_refused(self):
        result = run_hpctrain(environment={"HPCTRAIN_OPTIM_LRATE": "0.1"})
        self.assert_refused(result, 64, "HPCTRAIN_OPTIM_LRATE")

    def test_unknown_command_names_the_nearest(self):
        self.assert_refused(run_hpctrain("exprot", "runs/x"), 64, "exprot", "export")

    def test_a_file_called_like_a_command_is_not_meant(self):
        (self.folder / "report").write_text("")
        result = run_hpctrain("report", self.folder / "none", folder=self.folder)
        self.assert_refused(result, 64, "holds neither run.ini of a run nor sweep.json of a sweep")

    def test_what_cannot_be_printed_is_an_error(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([HPCTRAIN, "bench", "comm", "--sizes", "64", "--rounds", "1", "--device", "cpu"],
                                    stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(result.returncode, 74, result.stderr)
        self.assertIn("standard output", result.stderr)

    def test_several_ranks_say_it_once(self):
        self.assert_refused(run_hpctrain("--lr", "0", ranks=3), 64, "lr")

    def test_a_given_data_set_needs_no_cache_folder_of_the_user(self):
        data = make_dataset(self.folder)
        homeless = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
        command = launch_command(["--train.steps", "1"], 1)
        given = subprocess.run([*command, "--data", data, "--out", self.folder / "run"], capture_output=True, text=True,
                               env=homeless, timeout=60)
        self.assertEqual(given.returncode, 0, given.stderr)
        sample = subprocess.run([*command, "--out", self.folder / "sample"], capture_output=True, text=True, env=homeless,
                                timeout=60)
        self.assert_refused(sample, 64, "XDG_CACHE_HOME", "--data DIR")

    def test_help_names_every_option(self):
        text = run_hpctrain("--help", "all").stdout
        for name in ("data.dir", "train.batch", "optim.lr", "run.out", "checkpoint.every-steps"):
            section, key = name.split(".")
            self.assertIn(key, text)
            self.assertIn(section, text)

    def test_the_gpu_half_of_libtorch_is_loaded_only_where_a_gpu_is(self):
        result = subprocess.run([HPCTRAIN, "--version"], capture_output=True, text=True, timeout=60,
                                env=os.environ | {"LD_DEBUG": "files"})
        loaded = set(re.findall(r"calling init: \S*/(lib\w+)\.so", result.stderr))
        self.assertIn("libtorch_cpu", loaded)
        traces = ("/dev/nvidia0", "/dev/nvidiactl", "/proc/driver/nvidia/version", "/dev/dxg")
        is_wanted = "libcudart" in loaded and any(map(os.path.exists, traces))
        self.assertEqual("libtorch_cuda" in loaded, is_wanted)

    def test_help_of_each_command_names_what_it_takes_and_runs_nothing(self):
        words = {"train": ["RUN.ini"], "sweep": ["SWEEP.ini"], "eval": ["RUN_DIR", "--worst", "--json"],
                 "predict": ["IMAGE", "-o"], "export": ["FILE.safetensors", "-o"], "check-audit": ["RUN_DIR"],
                 "report": ["RUN_DIR"], "doctor": ["RUN.ini", "--json"], "plan": ["--card", "--compare"],
                 "bench": ["checkpoint"],
                 "bench step": ["--rounds"], "bench comm": ["--json"], "bench data": ["--data"],
                 "bench checkpoint": ["--json"], "bench sweep": ["--trials"]}
        listed = re.findall(r"^  hpctrain (?:\[train\]|([a-z-]+)) ", run_hpctrain("--help").stdout, re.MULTILINE)
        self.assertEqual({name or "train" for name in listed}, {command.split()[0] for command in words})
        for command, expected in words.items():
            with self.subTest(command=command):
                result = subprocess.run([HPCTRAIN, *command.split(), "--help"], capture_output=True, text=True,
                                        cwd=self.folder, timeout=60)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(result.stderr, "")
                for word in expected:
                    self.assertIn(word, result.stdout)
                self.assertEqual(list(self.folder.iterdir()), [])

    def test_flag_beats_environment_beats_file_beats_default(self):
        data = make_dataset(self.folder)
        ini = self.folder / "run.ini"
        ini.write_text(f"[data]\ndir = {data}\n[train]\nsteps = 2\nbatch = 50\nseed = 5\n[optim]\nlr = 0.001\n")
        out = self.folder / "out"
        result = run_hpctrain(ini, "--out", out, "--batch", "40",
                              environment={"HPCTRAIN_TRAIN_BATCH": "30", "HPCTRAIN_OPTIM_LR": "0.002"})
        self.assertEqual(result.returncode, 0, result.stderr)
        resolved = (out / "run.ini").read_text()
        self.assertIn("batch = 40", resolved)
        self.assertIn("lr = 0.002", resolved)
        self.assertIn("seed = 5", resolved)
        self.assertIn("momentum = 0.9", resolved)
        self.assertNotIn("\nout =", resolved)


if __name__ == "__main__":
    unittest.main()
