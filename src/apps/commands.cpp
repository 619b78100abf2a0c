#include "apps/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "apps/option_table.hpp"
#include "config/command_line.hpp"
#include "config/help.hpp"
#include "config/options_markdown.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/nearest_name.hpp"
#include "core/version.hpp"

namespace hpctrain::apps {
namespace {

constexpr std::array kCommands = {
    Command{"train", "[train] [RUN.ini] [--key value …]", "train; without arguments on the sample data set",
            run_train_command},
    Command{"sweep", "sweep [SWEEP.ini] [--key value …]", "many trials inside one allocation: --optim.lr 0.1,0.03",
            run_sweep_command},
    Command{"eval", "eval RUN_DIR [--data DIR] [--baselines] [-o DIR]",
            "score a run's best checkpoint: tables for each split, worst samples", run_eval_command},
    Command{"predict", "predict RUN_DIR IMAGE… -o DIR", "answers for pictures as CSV, landmarks as overlays too",
            run_predict_command},
    Command{"export", "export RUN_DIR -o FILE.safetensors", "write the weights of a run's best checkpoint",
            run_export_command},
    Command{"report", "report RUN_DIR|SWEEP_DIR", "write report.html into it: curves, where time went, results",
            run_report_command},
    Command{"check-audit", "check-audit RUN_DIR", "prove from a run's audit that each epoch saw each sample once",
            run_check_audit_command},
    Command{"doctor", "doctor [RUN.ini] [--json]",
            "preflight inside an allocation: one verdict, and the line to change", run_doctor_command},
    Command{"plan", "plan [RUN.ini] [--card 6] [--batches 32,64]",
            "memory and time before a job waits in a queue; --compare RUN_DIR afterwards", run_plan_command},
    Command{"bench", "bench step|comm|data|checkpoint|sweep [--json]", "figures of this machine beside its ceilings",
            run_bench_command},
};

std::string help_text(const Arguments& arguments) {
  Settings settings;
  const auto table = make_option_table(settings);
  if (arguments.size() > 1 && arguments[1] == "markdown") {
    return config::options_markdown(table, "hpctrain --help markdown > docs/options.md");
  }
  if (arguments.size() > 1) return config::help_section(table, arguments[1]);
  std::string text = fmt::format("hpctrain {}: trains vision models on clusters\n\n", kVersion);
  for (const auto& command : kCommands) {
    text += fmt::format("  hpctrain {:<38} {}\n", command.synopsis, command.summary);
  }
  text += "  hpctrain-pack …                                 packs data sets; see hpctrain-pack --help\n\n";
  return text + config::help_overview(table);
}

const Command* find_command(const std::string& name) {
  const auto found = std::find_if(kCommands.begin(), kCommands.end(), [&](const auto& c) { return c.name == name; });
  return found == kCommands.end() ? nullptr : &*found;
}

bool is_ini_file(const std::string& word) {
  return word.ends_with(".ini") || std::filesystem::is_regular_file(word);
}

std::string help_text(const Command& command, const config::HelpRequest& request) {
  std::string text = fmt::format("hpctrain {}\n  {}\n", command.synopsis, command.summary);
  if (!request.flags.empty()) text += "\n" + request.flags;
  if (request.takes_options) text += "\nOptions of any section may stand there too: `hpctrain --help` lists them.\n";
  return text;
}

int run_or_help(const Command& command, const Arguments& arguments) {
  try {
    return command.run(arguments);
  } catch (const config::HelpRequest& request) {
    std::fputs(help_text(command, request).c_str(), stdout);
    return 0;
  }
}

/// A first word that is no flag is a command or an INI file; `hpctrain plan > plan` is a command beside a file.
int dispatch(const Arguments& arguments) {
  const Command* command = arguments.empty() ? nullptr : find_command(arguments[0]);
  if (command != nullptr) return run_or_help(*command, Arguments(arguments.begin() + 1, arguments.end()));
  if (arguments.empty() || arguments[0].starts_with("-") || is_ini_file(arguments[0])) {
    return run_or_help(*find_command("train"), arguments);
  }
  std::vector<std::string> names;
  for (const auto& known : kCommands) names.emplace_back(known.name);
  const auto nearest = nearest_name(arguments[0], names);
  throw Error(Fault::usage,
              "'" + arguments[0] + "' is neither a command nor an INI file" +
                  (nearest ? "; did you mean hpctrain " + *nearest + "?" : "; `hpctrain --help` lists the commands"));
}

}  // namespace

int run_command_line(const Arguments& arguments) {
  try {
    if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help")) {
      std::fputs(help_text(arguments).c_str(), stdout);
      return 0;
    }
    if (!arguments.empty() && arguments[0] == "--version") {
      std::puts(kVersion);
      return 0;
    }
    const int code = dispatch(arguments);
    const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    require(is_written || code != 0, Fault::storage, "cannot write to standard output; see whether its disk is full");
    return code;
  } catch (const Error& error) {
    log_error("{}", error.what());
    return exit_code(error.fault());
  } catch (const std::filesystem::filesystem_error& error) {
    log_error("{}", error.what());
    return exit_code(Fault::storage);
  } catch (const std::exception& error) {
    log_error("{}", error.what());
    return exit_code(Fault::bug);
  }
}

}  // namespace hpctrain::apps
