// `hpctrain check-audit RUN_DIR`: did every epoch see every sample exactly once?
#include <cstdio>
#include <filesystem>

#include "apps/commands.hpp"
#include "apps/run_folder.hpp"
#include "config/command_line.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "tools/check_audit.hpp"

namespace hpctrain::apps {
namespace {

constexpr std::size_t kMostDefectsShown = 10;

/// Of a key that one section has only.
std::string find_value(const std::string& run_ini, const std::string& key) {
  const auto place = run_ini.find("\n" + key + " = ");
  require(place != std::string::npos, Fault::usage, "run.ini has no key " + key + "; restore the run's own run.ini");
  const auto first = place + key.size() + 4;
  return run_ini.substr(first, run_ini.find('\n', first) - first);
}

tools::AuditExpectation expect_of_run(FileSystem& files, const std::filesystem::path& run_folder) {
  const data::DatasetIndex dataset = load_dataset_description(files, run_folder);
  tools::AuditExpectation expectation;
  const std::string run_ini = files.read_file(run_folder / "run.ini");
  expectation.samples = dataset.split(find_value(run_ini, "train-split")).num_samples;
  expectation.drops_tail = find_value(run_ini, "tail") == "drop";
  return expectation;
}

}  // namespace

int run_check_audit_command(const Arguments& arguments) {
  if (arguments == Arguments{"--help"} || arguments == Arguments{"-h"}) throw config::HelpRequest{};
  require(arguments.size() == 1 && !arguments.front().starts_with("-"), Fault::usage,
          "check-audit needs one run directory: hpctrain check-audit RUN_DIR");
  const std::filesystem::path run_folder = arguments.front();
  require(is_run_folder(run_folder), Fault::usage,
          run_folder.string() + " is not a run directory (no run.ini in it); give the folder that hpctrain printed");
  FileSystem& files = posix_file_system();
  const auto verdict = tools::check_audit(tools::load_audit(files, run_folder), expect_of_run(files, run_folder));
  std::printf("%llu steps of %llu starts, %llu samples, %llu whole epochs: %s\n",
              static_cast<unsigned long long>(verdict.steps), static_cast<unsigned long long>(verdict.starts),
              static_cast<unsigned long long>(verdict.samples), static_cast<unsigned long long>(verdict.whole_epochs),
              verdict.defects.empty() ? "every sample exactly once" : "NOT exact");
  for (std::size_t i = 0; i < std::min(verdict.defects.size(), kMostDefectsShown); ++i) {
    std::printf("  %s\n", verdict.defects[i].c_str());
  }
  return verdict.defects.empty() ? 0 : exit_code(Fault::data);
}

}  // namespace hpctrain::apps
