#include "monitor/status_file.hpp"

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

namespace hpctrain::monitor {

void StatusFile::update(const std::vector<std::string>& lines, double now_seconds) {
  if (written_at_ && now_seconds - *written_at_ < interval_seconds_) return;
  written_at_ = now_seconds;
  replace(lines);
}

void StatusFile::finish(const std::vector<std::string>& lines) {
  replace(lines);
}

/// Not synced: after a power cut nobody needs to know how things stood.
void StatusFile::replace(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  // One name for all, so that starts that were killed leave one file behind, not one each.
  const std::filesystem::path temporary = path_.string() + ".tmp";
  try {
    files_.remove_all(temporary);
    const auto file = files_.create_file(temporary);
    file->write(bytes_of(text));
    file->close();
    files_.rename_replacing(temporary, path_);
  } catch (const Error& error) {
    if (!has_complained_) log_warning("{}; {} may be out of date", error.what(), path_.string());
    has_complained_ = true;
  }
}

}  // namespace hpctrain::monitor
