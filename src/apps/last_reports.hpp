// What train and sweep leave alike when they end: in exit.json of a hang, and report.html.
#pragma once

#include <filesystem>
#include <functional>

#include "comm/watchdog.hpp"
#include "monitor/exit_report.hpp"

namespace hpctrain::apps {

/// Code 75 and who hangs where; without the moment of the start.
monitor::ExitReport exit_report_of(const comm::HangReport& hang);

/// The results are safe by now: a report.html in `folder` that `save` cannot write costs nothing but itself.
void try_to_save_report(const std::filesystem::path& folder, const std::function<void()>& save);

}  // namespace hpctrain::apps
