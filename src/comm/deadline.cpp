#include "comm/deadline.hpp"

#include <unistd.h>

#include <utility>

namespace hpctrain::comm {

Deadline::Deadline(std::chrono::duration<double> allowed, int code, std::function<void()> last_words)
    : watcher_([this, allowed, code, last_words = std::move(last_words)] {
        std::unique_lock held(mutex_);
        if (reached_.wait_for(held, allowed, [this] { return is_met_; })) return;
        last_words();
        _exit(code);
      }) {}

Deadline::~Deadline() {
  {
    const std::lock_guard guard(mutex_);
    is_met_ = true;
  }
  reached_.notify_one();
  watcher_.join();
}

}  // namespace hpctrain::comm
