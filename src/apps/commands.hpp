// The commands of hpctrain, one function each; arguments come without program and command name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hpctrain::apps {

using Arguments = std::vector<std::string>;

struct Command {
  std::string_view name;
  std::string_view synopsis;
  std::string_view summary;
  int (*run)(const Arguments&);  ///< returns the exit code; throws hpctrain::Error
};

/// Finds the command (train where none is named) and runs it. Errors are printed in one line.
///   returns  the process's exit code
int run_command_line(const Arguments& arguments);

int run_train_command(const Arguments& arguments);
int run_sweep_command(const Arguments& arguments);
int run_eval_command(const Arguments& arguments);
int run_predict_command(const Arguments& arguments);
int run_export_command(const Arguments& arguments);
int run_doctor_command(const Arguments& arguments);
int run_plan_command(const Arguments& arguments);
int run_bench_command(const Arguments& arguments);
int run_check_audit_command(const Arguments& arguments);
int run_report_command(const Arguments& arguments);

}  // namespace hpctrain::apps
