#include "monitor/run_diary.hpp"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "core/log.hpp"

namespace hpctrain::monitor {
namespace {

/// Renamed when it is whole; not synced: it can be drawn again.
bool save_picture(const std::filesystem::path& path, const std::string& png) {
  const std::filesystem::path unfinished = path.string() + ".tmp";
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  file << png;
  file.close();
  std::error_code error;
  if (file.good()) std::filesystem::rename(unfinished, path, error);
  return file.good() && !error;
}

}  // namespace

std::filesystem::path picture_folder(const std::filesystem::path& run_folder) {
  return run_folder / "pictures";
}

void RunDiary::show(MetricsPosition position, const std::vector<Histogram>& histograms) {
  if (!tensorboard_) return;
  stamp(position);
  finish();
  tensorboard_->show(position, histograms);
}

void RunDiary::show(MetricsPosition position, const std::vector<Picture>& pictures) {
  if (pictures.empty()) return;
  stamp(position);
  finish();
  if (tensorboard_) tensorboard_->show(position, pictures);
  const auto folder = picture_folder(run_folder_);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const Picture& picture : pictures) {
    const bool is_saved =
        save_picture(folder / fmt::format("{}-worst-{}.png", picture.split, picture.place), picture.png);
    if (!is_saved) warn_once((folder.string() + ": pictures cannot be written there").c_str());
  }
}

void RunDiary::warn_once(const char* reason) {
  if (has_warned_.exchange(true)) return;
  log_warning("{}; what is written about the run is incomplete, training goes on", reason);
}

}  // namespace hpctrain::monitor
