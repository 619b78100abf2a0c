// A blocking queue of limited length between threads, many writers and many readers. Its end, orderly or by an error,
// reaches every thread that waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "core/error.hpp"

namespace hpctrain {

template <typename T>
class BoundedQueue {
 public:
  ///   errors  Fault::bug when capacity is 0
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {
    require_invariant(capacity > 0, "a queue needs room for one element");
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// Appends; false when the queue was closed, before or while waiting, and `value` was not taken.
  ///   blocks  while the queue is full
  [[nodiscard]] bool push(T value) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [&] { return is_closed_ || items_.size() < capacity_; });
    if (is_closed_) return false;
    items_.push_back(std::move(value));
    lock.unlock();
    has_items_.notify_one();
    return true;
  }

  /// The oldest element; empty when the queue is closed and drained.
  ///   blocks  while the queue is open and empty
  ///   errors  what fail() was given, once everything before it was taken
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    has_items_.wait(lock, [&] { return is_closed_ || !items_.empty(); });
    return take_front(lock);
  }

  /// Like pop, but an open and empty queue gives nothing at once.
  std::optional<T> try_pop() {
    std::unique_lock lock(mutex_);
    if (!is_closed_ && items_.empty()) return std::nullopt;
    return take_front(lock);
  }

  /// No more elements are taken; those inside may still be popped. Wakes everybody who waits.
  void close() { close_with(nullptr); }

  /// Closes, and hands `cause` to every pop after the last element. The first cause stays.
  void fail(std::exception_ptr cause) { close_with(std::move(cause)); }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  std::size_t capacity() const noexcept { return capacity_; }
  bool is_closed() const {
    const std::lock_guard lock(mutex_);
    return is_closed_;
  }

 private:
  std::optional<T> take_front(std::unique_lock<std::mutex>& lock) {
    if (items_.empty()) {
      if (cause_) std::rethrow_exception(cause_);
      return std::nullopt;
    }
    std::optional<T> front(std::move(items_.front()));
    items_.pop_front();
    lock.unlock();
    has_room_.notify_one();
    return front;
  }

  void close_with(std::exception_ptr cause) {
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = true;
      if (!cause_) cause_ = std::move(cause);
    }
    has_items_.notify_all();
    has_room_.notify_all();
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable has_items_;
  std::condition_variable has_room_;
  std::deque<T> items_;
  std::exception_ptr cause_;
  bool is_closed_ = false;
};

}  // namespace hpctrain
