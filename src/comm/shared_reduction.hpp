// Sums over the ranks of one node, in memory they share: nothing is copied, each part of a sum is made once, by
// whichever rank has time. Must not know torch, buckets or steps.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "comm/communicator.hpp"
#include "comm/shared_memory.hpp"

namespace hpctrain::comm {

class SharedReduction {
 public:
  /// Null on all ranks where `group` cannot share memory.
  ///   collective  all ranks of `group`, equal `bytes`
  static std::unique_ptr<SharedReduction> make(Communicator& group, std::size_t bytes);

  /// This rank's memory, zeroed.
  std::byte* memory() const noexcept { return memory_->part(rank_); }
  /// Whether start() takes it: float32 or float64 in memory(), to be added.
  bool can_reduce(const Span& span, ReduceOp op) const noexcept;

  /// This rank's part of a sum is complete; returns the sum's number. An element's sum is made in rank order, so its
  /// bits depend neither on its place nor on who was late.
  ///   collective  all ranks, same spans in the same order
  ///   errors      Fault::bug when ranks start different sums; Fault::stopped when a peer died
  std::uint64_t start(const Span& span);

  /// Adds what is ready to be added; true when the sum is complete. Never blocks.
  bool help(std::uint64_t sum);
  /// Helps, and sleeps while there is nothing to help with.
  ///   errors  as start()
  void wait(std::uint64_t sum);

 private:
  struct Slot;

  SharedReduction(std::unique_ptr<SharedMemory> memory, int rank, int size);
  Slot& slot_of(std::uint64_t sum) const noexcept;
  void add_chunk(const Slot& slot, std::uint32_t chunk) const;
  bool is_complete(const Slot& slot) const noexcept;
  void leave(std::uint64_t sum);
  static void require_same_sums(const Slot& slot);
  std::optional<int> find_ended_rank() const;
  [[noreturn]] static void fail_without(int rank);

  std::unique_ptr<SharedMemory> memory_;
  int rank_;
  int size_;
  std::uint64_t started_ = 0;
  std::uint64_t left_ = 0;  ///< sums below this number are behind this rank
};

}  // namespace hpctrain::comm
