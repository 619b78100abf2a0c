#include "apps/sweep_display.hpp"

#include <chrono>
#include <utility>

#include "core/clock.hpp"
#include "sweep/board_text.hpp"

namespace hpctrain::apps {
namespace {

constexpr std::chrono::milliseconds kLookEvery{500};

}  // namespace

SweepDisplay::SweepDisplay(Parts parts)
    : parts_(std::move(parts)),
      table_({.quiet = parts_.quiet}),
      status_(parts_.files, parts_.sweep_folder / "status.txt"),
      thread_([this] { draw_until_stopped(); }) {}

SweepDisplay::~SweepDisplay() {
  stop();
}

void SweepDisplay::finish(const sweep::BoardView& view) {
  stop();
  const monitor::TableText text = write_text(view);
  table_.finish(text);
  status_.finish(status_lines(text));
}

void SweepDisplay::draw_until_stopped() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kLookEvery, [this] { return is_stopping_; })) {
    lock.unlock();
    const monitor::TableText text = write_text(parts_.board.view(steady_seconds()));
    table_.update(text);
    status_.update(status_lines(text));
    lock.lock();
  }
}

void SweepDisplay::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

/// A file shows nobody how old it is.
std::vector<std::string> SweepDisplay::status_lines(const monitor::TableText& text) const {
  std::vector<std::string> lines = text.lines;
  lines.push_back("as of  " + utc_stamp(unix_seconds()));
  return lines;
}

monitor::TableText SweepDisplay::write_text(const sweep::BoardView& view) const {
  return {sweep::write_board(view, parts_.metric), sweep::write_board_summary(view, parts_.metric)};
}

}  // namespace hpctrain::apps
