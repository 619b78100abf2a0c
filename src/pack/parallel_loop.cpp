// See parallel_loop.hpp.
#include "pack/parallel_loop.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace hpctrain::pack {
namespace {

class Loop {
 public:
  Loop(std::uint64_t count, const std::function<void(std::uint64_t)>& body) : end_(count), body_(body) {}

  void run_turns() {
    for (std::uint64_t turn = next_++; turn < end_; turn = next_++) {
      try {
        body_(turn);
      } catch (...) {
        fail(turn);
      }
    }
  }

  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  /// Turns before this one are still called: one of them may fail as well.
  void fail(std::uint64_t turn) {
    const std::lock_guard lock(mutex_);
    if (turn >= end_) return;
    end_ = turn;
    failure_ = std::current_exception();
  }

  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<std::uint64_t> end_;
  const std::function<void(std::uint64_t)>& body_;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

void run_parallel_loop(std::uint64_t count, std::size_t threads, const std::function<void(std::uint64_t)>& body) {
  Loop loop(count, body);
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < std::min<std::uint64_t>(threads, count); ++t) {
    try {
      others.emplace_back([&loop] { loop.run_turns(); });
    } catch (const std::system_error&) {
      break;  // fewer only take longer
    }
  }
  loop.run_turns();
  for (std::thread& other : others) other.join();
  loop.rethrow_failure();
}

}  // namespace hpctrain::pack
