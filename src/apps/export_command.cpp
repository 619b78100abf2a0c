// `hpctrain export RUN_DIR -o FILE.safetensors`: weights for other programs.
#include <cstdio>
#include <filesystem>

#include "apps/commands.hpp"
#include "apps/run_folder.hpp"
#include "checkpoint/checkpoint.hpp"
#include "checkpoint/export_weights.hpp"
#include "config/command_line.hpp"
#include "config/option_table.hpp"
#include "config/resolve.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"

namespace hpctrain::apps {

int run_export_command(const Arguments& arguments) {
  std::filesystem::path out;
  config::OptionTable table("hpctrain export");
  table.add(config::flag_only(out, "out").alias("o").help("The safetensors file to write"));
  const auto line = config::parse_command_line(table, arguments);
  config::Sources sources;
  sources.flags = line.assignments;
  config::resolve(table, sources, config::AxisPolicy::refuse);
  require(line.positionals.size() == 1 && !out.empty(), Fault::usage,
          "export needs one run directory and a file: hpctrain export RUN_DIR -o FILE.safetensors");
  const std::filesystem::path run_folder = line.positionals.front();
  require(is_run_folder(run_folder), Fault::usage,
          run_folder.string() + " is not a run directory (no run.ini in it); give the folder that hpctrain printed");

  FileSystem& files = posix_file_system();
  const auto checkpoint = checkpoint::find_best_checkpoint(files, run_folder);
  const std::size_t left_behind = checkpoint::export_weights(files, checkpoint, out);
  std::printf("%s: weights of %s\n", out.c_str(), checkpoint.c_str());
  if (left_behind > 0) {
    std::printf("the projector's %zu tensors stay behind: this is the encoder, for --model.init of a classifier\n",
                left_behind);
  }
  return 0;
}

}  // namespace hpctrain::apps
