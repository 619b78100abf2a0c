#include "apps/command_input.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "apps/fold_datasets.hpp"
#include "apps/option_table.hpp"
#include "apps/run_folder.hpp"
#include "apps/sample_dataset.hpp"
#include "config/command_line.hpp"
#include "config/environment.hpp"
#include "config/ini_file.hpp"
#include "config/run_ini.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"

namespace hpctrain::apps {
namespace {

bool is_fold(const config::Assignment& assignment) {
  return assignment.option->name() == kFoldOption;
}

/// That a data.dir is given which is no pattern of folds'.
bool names_whole_dataset(const std::vector<config::Assignment>& assignments) {
  return std::any_of(assignments.begin(), assignments.end(), [](const config::Assignment& assignment) {
    return assignment.option->name() == "data.dir" && assignment.text.find(kFoldPlace) == std::string::npos;
  });
}

}  // namespace

CommandInput::CommandInput() : table(make_option_table(settings)) {}

void CommandInput::resolve(const std::vector<std::string>& arguments, config::AxisPolicy policy) {
  const auto line =
      config::parse_command_line(table, arguments, policy == config::AxisPolicy::collect ? "--sweep" : "");
  config::Sources sources;
  sources.flags = line.assignments;
  sources.environment = config::parse_environment(table, config::process_environment());
  if (line.positionals.size() > 1) {
    throw Error(Fault::usage, "got " + std::to_string(line.positionals.size()) + " words without a flag (" +
                                  line.positionals.back() +
                                  "); give one RUN.ini and write everything else as --key value");
  }
  for (const auto& file : line.positionals) {
    sources.files.push_back(config::assignments_from_ini(table, config::load_ini(file), file));
  }
  resolution = config::resolve(table, sources, policy);
  if (is_run_folder(settings.out)) {
    const auto run_ini = (settings.out / "run.ini").string();
    sources.files.insert(sources.files.begin(),
                         config::assignments_from_ini(table, config::load_ini(run_ini), run_ini));
    resolution = config::resolve(table, sources, policy);
  }
  settle_data_dir();
}

std::vector<std::string> CommandInput::resolve_run(const std::vector<std::string>& arguments) {
  auto line = config::parse_command_line(table, arguments);
  require(!line.positionals.empty(), Fault::usage, "no run directory given; name the folder that hpctrain printed");
  const std::filesystem::path folder = line.positionals.front();
  require(is_run_folder(folder), Fault::usage,
          folder.string() + " is not a run directory (no run.ini in it); give the folder that hpctrain printed");
  const auto run_ini = (folder / "run.ini").string();
  config::Sources sources;
  sources.flags = line.assignments;
  sources.environment = config::parse_environment(table, config::process_environment());
  sources.files.push_back(config::assignments_from_ini(table, config::load_ini(run_ini), run_ini));
  // Another data set has no folds, or others.
  const bool is_elsewhere = names_whole_dataset(sources.flags) || names_whole_dataset(sources.environment);
  if (is_elsewhere) std::erase_if(sources.files.back(), is_fold);
  resolution = config::resolve(table, sources, config::AxisPolicy::refuse);
  auto differences = config::compare_identity(table, posix_file_system().read_file(run_ini), run_ini);
  if (is_elsewhere) std::erase_if(differences, [](const auto& difference) { return difference.name == kFoldOption; });
  if (!differences.empty()) {
    const auto& first = differences.front();
    throw Error(Fault::usage, first.name + " is " + first.here + ", but the run in " + folder.string() +
                                  " was trained with " + first.there + "; leave it away");
  }
  settings.out = folder;
  settle_data_dir();
  return {line.positionals.begin() + 1, line.positionals.end()};
}

void CommandInput::settle_data_dir() {
  settings.data_dir =
      settings.data_dir.empty() ? sample_dataset_folder() : std::filesystem::absolute(settings.data_dir);
  dataset_folders(settings, resolution.axes);
}

}  // namespace hpctrain::apps
