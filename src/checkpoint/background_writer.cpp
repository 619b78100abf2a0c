#include "checkpoint/background_writer.hpp"

#include <algorithm>
#include <utility>

#include "core/clock.hpp"

namespace hpctrain::checkpoint {

BackgroundWriter::BackgroundWriter(Commit commit, Tidy tidy)
    : commit_(std::move(commit)), tidy_(std::move(tidy)), writer_([this] { write_until_stopped(); }) {}

BackgroundWriter::~BackgroundWriter() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

bool BackgroundWriter::start(const TrainingState& state, const CheckpointRecord& record, WhenBusy when_busy) {
  const auto slab = take_slab(when_busy);
  if (!slab) return false;
  if (!slabs_[*slab]) slabs_[*slab].emplace(state);
  slabs_[*slab]->start_copy(state);
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({*slab, record});
  }
  changed_.notify_all();
  return true;
}

bool BackgroundWriter::has_outcomes() const {
  const std::lock_guard lock(mutex_);
  return !outcomes_.empty();
}

std::vector<BackgroundWriter::Outcome> BackgroundWriter::take_outcomes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, {});
}

bool BackgroundWriter::has_unfinished_saves() const {
  return std::any_of(is_taken_.begin(), is_taken_.end(), [](bool is_taken) { return is_taken; });
}

void BackgroundWriter::wait_for_outcomes() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !has_unfinished_saves(); });
}

void BackgroundWriter::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !has_unfinished_saves() && !is_tidying_; });
}

std::optional<std::size_t> BackgroundWriter::take_slab(WhenBusy when_busy) {
  std::unique_lock lock(mutex_);
  const auto find_free = [this] { return std::find(is_taken_.begin(), is_taken_.end(), false); };
  if (when_busy == WhenBusy::wait) changed_.wait(lock, [&] { return find_free() != is_taken_.end(); });
  const auto free = find_free();
  if (free == is_taken_.end()) return std::nullopt;
  *free = true;
  return static_cast<std::size_t>(free - is_taken_.begin());
}

void BackgroundWriter::write_until_stopped() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopping_ || !jobs_.empty(); });
    if (is_stopping_) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    Outcome outcome = run(job);
    const bool is_committed = !outcome.failure;
    const Committed committed = outcome.committed;
    lock.lock();
    outcomes_.push_back(std::move(outcome));
    is_taken_[job.slab] = false;
    is_tidying_ = is_committed;
    changed_.notify_all();
    if (!is_committed) continue;
    lock.unlock();
    tidy_(committed);
    lock.lock();
    is_tidying_ = false;
    changed_.notify_all();
  }
}

BackgroundWriter::Outcome BackgroundWriter::run(const Job& job) {
  Outcome outcome{job.record, {}, 0, nullptr};
  const Stopwatch watch;
  try {
    slabs_[job.slab]->wait();
    outcome.committed = commit_(slabs_[job.slab]->state(), job.record);
  } catch (...) {
    outcome.failure = std::current_exception();
  }
  outcome.seconds = watch.seconds();
  return outcome;
}

}  // namespace hpctrain::checkpoint
