// `hpctrain report RUN_DIR|SWEEP_DIR`: what a run or a sweep left, as one HTML file.
#include <cstdio>
#include <filesystem>

#include "apps/commands.hpp"
#include "config/command_line.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "tools/run_report.hpp"
#include "tools/sweep_report.hpp"

namespace hpctrain::apps {

int run_report_command(const Arguments& arguments) {
  if (arguments == Arguments{"--help"} || arguments == Arguments{"-h"}) throw config::HelpRequest{};
  require(arguments.size() == 1 && !arguments.front().starts_with("-"), Fault::usage,
          "report needs one directory of a run or a sweep: hpctrain report RUN_DIR");
  FileSystem& files = posix_file_system();
  const std::filesystem::path folder = arguments.front();
  const auto path = tools::is_sweep_folder(files, folder) ? tools::save_sweep_report(files, folder)
                                                          : tools::save_run_report(files, folder);
  std::printf("%s\n", path.c_str());
  return 0;
}

}  // namespace hpctrain::apps
