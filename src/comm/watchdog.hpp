// Ends a job one of whose ranks hangs or died, and names that rank. Every process watches the ranks of its node in a
// thread of its own; the lowest one that runs acts. Must not know what the phases mean nor exit.json's format.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "comm/hang_verdict.hpp"
#include "comm/heartbeat_table.hpp"
#include "comm/process_view.hpp"
#include "comm/ring_watch.hpp"
#include "core/heartbeat.hpp"
#include "core/placement.hpp"

namespace hpctrain::comm {

struct WatchdogSettings {
  double timeout_seconds = 300;        ///< 0: no watchdog
  double start_timeout_seconds = 300;  ///< until ranks have found each other; 0: no limit
};

/// Who is to blame, for exit.json.
struct HangReport {
  std::string cause;  ///< "hang", "dead rank"
  int rank = 0;
  std::string host;
  std::string phase;
  std::uint64_t step = 0;
};

class Watchdog {
 public:
  struct Parts {
    WatchdogSettings settings;
    Placement placement;
    std::vector<PhaseRule> phases;
    std::function<void(const HangReport&)> on_hang;  ///< called in the watching thread; must not communicate
  };

  ///   collective  all ranks of the world
  ///   errors      none: ranks that cannot share memory are told so in a warning and not watched
  Watchdog(Communicator& world, Parts parts);
  /// This rank leaves in order: it is watched no longer, and watches no longer.
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// The job ends for another reason, which was told: no rank of this node says that one died.
  void stand_down() noexcept;

  /// Where the rank of this node is that the others wait for, if for any. From any thread.
  NodeNews furthest_behind() const;
  /// Another node is silent, and that was last heard of it: ends the job, unless a rank of this node already does. From
  /// any thread but the watching one.
  void end_for(const NodeNews& last, double silent_seconds);

  /// Where this rank publishes what it does; valid while the watchdog lives.
  Heartbeat& heartbeat() noexcept { return table_ ? table_->own().heartbeat : unwatched_; }

 private:
  void watch_until_stopped();
  void look();
  double patience_with(const std::vector<RankView>& views, const HangVerdict& verdict) const;
  std::vector<RankView> view_ranks(double now_seconds) const;
  void act(const std::vector<RankView>& views, const HangVerdict& verdict);
  void describe_hang(const std::vector<RankView>& views, const HangVerdict& verdict) const;
  [[noreturn]] void end_job(const HangReport& report);
  std::string describe(const RankView& view, const HangVerdict& verdict) const;

  Parts parts_;
  Heartbeat unwatched_;
  std::unique_ptr<Communicator> node_;
  std::unique_ptr<HeartbeatTable> table_;
  std::vector<ProcessWatch> processes_;  ///< by local rank
  double last_look_seconds_ = 0;
  std::atomic<double> forgiven_seconds_ = 0;  ///< what was quiet before this moment begins anew
  std::optional<double> first_seen_seconds_;  ///< of the hang that is there now
  std::optional<double> claimed_seconds_;     ///< somebody else has taken it upon itself to end the job
  std::mutex mutex_;
  std::condition_variable stop_;
  bool is_stopping_ = false;
  std::thread watcher_;
};

}  // namespace hpctrain::comm
