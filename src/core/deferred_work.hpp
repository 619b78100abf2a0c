// Small pieces of work done soon and in order by a thread that sleeps in between, so that whoever has them done waits
// for no disk. Must not know what the work is.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hpctrain {

/// One thread posts and finishes.
class DeferredWork {
 public:
  struct Settings {
    double interval_seconds = 0.2;    ///< that work waits at most; it wakes the thread so often and no oftener
    std::size_t most_waiting = 4096;  ///< pieces, at least 1; then it is done at once
  };

  explicit DeferredWork(const Settings& settings);
  /// Does what still waits.
  ~DeferredWork();
  DeferredWork(const DeferredWork&) = delete;
  DeferredWork& operator=(const DeferredWork&) = delete;

  /// `work` throws nothing.
  ///   blocks  while the most that may wait does
  void post(std::function<void()> work);
  /// Has all that waits done now.
  ///   blocks  until it is
  void finish();

 private:
  void work_until_ended();

  const Settings settings_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::condition_variable progressed_;
  std::vector<std::function<void()>> waiting_;
  bool is_working_ = false;
  bool is_urgent_ = false;
  bool is_ending_ = false;
  std::thread thread_;  // last: it uses the members above
};

}  // namespace hpctrain
