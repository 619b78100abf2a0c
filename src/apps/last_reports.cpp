#include "apps/last_reports.hpp"

#include <exception>

#include "core/error.hpp"
#include "core/log.hpp"

namespace hpctrain::apps {

monitor::ExitReport exit_report_of(const comm::HangReport& hang) {
  monitor::ExitReport report;
  report.code = exit_code(Fault::stopped);
  report.cause = hang.cause;
  report.rank = hang.rank;
  report.host = hang.host;
  report.phase = hang.phase;
  report.step = hang.step;
  return report;
}

void try_to_save_report(const std::filesystem::path& folder, const std::function<void()>& save) {
  try {
    save();
  } catch (const std::exception& error) {
    log_warning("report.html could not be written: {}; `hpctrain report {}` tries again", error.what(),
                folder.string());
  }
}

}  // namespace hpctrain::apps
