#include "apps/command_input.hpp"

#include "apps/option_table.hpp"
#include "apps/run_folder.hpp"
#include "apps/sample_dataset.hpp"
#include "config/command_line.hpp"
#include "config/environment.hpp"
#include "config/ini_file.hpp"
#include "core/error.hpp"

namespace hpctrain::apps {

CommandInput::CommandInput() : table(make_option_table(settings)) {}

void CommandInput::resolve(const std::vector<std::string>& arguments, config::AxisPolicy policy) {
  const auto line = config::parse_command_line(table, arguments);
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
  settings.data_dir =
      settings.data_dir.empty() ? sample_dataset_folder() : std::filesystem::absolute(settings.data_dir);
}

}  // namespace hpctrain::apps
