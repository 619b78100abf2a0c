#include "apps/start_record.hpp"

#include <unistd.h>

#include "checkpoint/catalogue.hpp"
#include "comm/host_name.hpp"
#include "core/durable_write.hpp"
#include "core/log.hpp"
#include "monitor/running_mark.hpp"

namespace hpctrain::apps {
namespace {

void record_killed_start(FileSystem& files, const std::filesystem::path& run_folder, StartOf what) {
  const auto mark = monitor::load_running_mark(files, run_folder);
  auto report = monitor::plan_killed_report(mark, monitor::load_exit_report(files, run_folder));
  if (!report) return;
  report->checkpoint = checkpoint::find_newest_name(files, run_folder);
  if (report->checkpoint)
    report->step = checkpoint::find_step(std::filesystem::path(*report->checkpoint).filename().string());
  monitor::save_exit_report(files, run_folder, *report);
  const bool is_run = what == StartOf::run;
  log_warning(
      "the last start of this {} (process {} on {}) was killed, it left no report; going on from {}",
      is_run ? "run" : "sweep", mark->process, mark->host,
      is_run ? report->checkpoint.value_or("the beginning, it left no checkpoint either") : "what its trials left");
}

/// Of run.ini, exit.json and the like; those under ckpt/ are the checkpoint room's.
void remove_temporaries(FileSystem& files, const std::filesystem::path& run_folder) {
  for (const std::string& name : files.list_folder(run_folder)) {
    if (is_temporary_name(name)) files.remove_all(run_folder / name);
  }
}

}  // namespace

void begin_start_record(FileSystem& files, const std::filesystem::path& run_folder, double started_unix, StartOf what) {
  remove_temporaries(files, run_folder);
  record_killed_start(files, run_folder, what);
  monitor::save_running_mark(files, run_folder, {comm::host_name(), ::getpid(), started_unix});
}

void end_start_record(FileSystem& files, const std::filesystem::path& run_folder, const monitor::ExitReport& report) {
  monitor::save_exit_report(files, run_folder, report);
  monitor::remove_running_mark(files, run_folder, report.started_unix);
}

}  // namespace hpctrain::apps
