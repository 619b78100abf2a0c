#include "core/deferred_work.hpp"

#include <chrono>
#include <utility>

namespace hpctrain {

DeferredWork::DeferredWork(const Settings& settings) : settings_(settings), thread_([this] { work_until_ended(); }) {}

DeferredWork::~DeferredWork() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wakes_.notify_one();
  thread_.join();
}

void DeferredWork::post(std::function<void()> work) {
  std::unique_lock lock(mutex_);
  if (waiting_.size() == settings_.most_waiting) {
    is_urgent_ = true;
    wakes_.notify_one();
    progressed_.wait(lock, [this] { return waiting_.size() < settings_.most_waiting; });
  }
  waiting_.push_back(std::move(work));
  if (waiting_.size() == 1) wakes_.notify_one();
}

void DeferredWork::finish() {
  std::unique_lock lock(mutex_);
  if (!waiting_.empty()) {
    is_urgent_ = true;
    wakes_.notify_one();
  }
  progressed_.wait(lock, [this] { return waiting_.empty() && !is_working_; });
}

void DeferredWork::work_until_ended() {
  const std::chrono::duration<double> interval(settings_.interval_seconds);
  std::unique_lock lock(mutex_);
  while (true) {
    wakes_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    wakes_.wait_for(lock, interval, [this] { return is_ending_ || is_urgent_; });
    auto batch = std::exchange(waiting_, {});
    is_urgent_ = false;
    is_working_ = true;
    progressed_.notify_all();
    lock.unlock();
    for (const auto& work : batch) work();
    batch.clear();
    lock.lock();
    is_working_ = false;
    progressed_.notify_all();
  }
}

}  // namespace hpctrain
