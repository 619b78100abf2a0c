// Shows a sweep's board while ranks train: on the terminal of rank zero and in SWEEP/status.txt. Decides nothing.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "core/file_system.hpp"
#include "monitor/live_table.hpp"
#include "monitor/status_file.hpp"
#include "sweep/board.hpp"

namespace hpctrain::apps {

/// (rank 0 only) Draws in a thread of its own, so that neither trials nor the coordinator wait for a slow terminal.
class SweepDisplay {
 public:
  struct Parts {
    sweep::Board& board;
    std::string metric;
    FileSystem& files;
    std::filesystem::path sweep_folder;
    bool quiet = false;  ///< status.txt alone
  };

  explicit SweepDisplay(Parts parts);
  ~SweepDisplay();
  SweepDisplay(const SweepDisplay&) = delete;
  SweepDisplay& operator=(const SweepDisplay&) = delete;

  /// Draws no more, but for the last state, which stays.
  ///   view  of the moment in which the last trial ended
  void finish(const sweep::BoardView& view);

 private:
  void draw_until_stopped();
  void stop();
  std::vector<std::string> status_lines(const monitor::TableText& text) const;
  monitor::TableText write_text(const sweep::BoardView& view) const;

  Parts parts_;
  monitor::LiveTable table_;
  monitor::StatusFile status_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace hpctrain::apps
