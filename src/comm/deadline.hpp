// The end of a process that waits for what may never come.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace hpctrain::comm {

/// Ends the process with `code` after `last_words`, unless destroyed in time.
class Deadline {
 public:
  ///   `last_words`: called in a thread of its own, beside whatever still waits
  Deadline(std::chrono::duration<double> allowed, int code, std::function<void()> last_words);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable reached_;
  bool is_met_ = false;
  std::thread watcher_;  // last: it uses the members above
};

}  // namespace hpctrain::comm
