// The heartbeats of a node's ranks in memory that they share. It has no name in any file system, so whatever dies,
// nothing is left behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "comm/communicator.hpp"
#include "core/heartbeat.hpp"
#include "core/owned_descriptor.hpp"

namespace hpctrain::comm {

/// One rank of the node.
struct TableEntry {
  Heartbeat heartbeat;
  std::atomic<std::int32_t> rank{-1};    ///< in the world
  std::atomic<std::int32_t> process{0};  ///< its id
  std::atomic<bool> has_left{false};     ///< in order: it will not beat again
};

class HeartbeatTable {
 public:
  /// Room for every rank of `node`; entry i is rank i of it.
  ///   collective  all ranks of the node
  ///   errors      Fault::comm, agreed, where they cannot share memory (containers apart)
  HeartbeatTable(Communicator& node, int world_rank);
  ~HeartbeatTable();
  HeartbeatTable(const HeartbeatTable&) = delete;
  HeartbeatTable& operator=(const HeartbeatTable&) = delete;

  std::size_t size() const noexcept { return size_; }
  TableEntry& operator[](std::size_t local_rank) const noexcept { return entries_[local_rank]; }
  TableEntry& own() const noexcept { return entries_[own_]; }
  /// Zero until somebody takes it upon itself to end the job.
  std::atomic<std::uint32_t>& claim() const noexcept;

 private:
  OwnedDescriptor file_;  ///< the leader's stays open: whoever looks into the job from outside finds the table by it
  TableEntry* entries_ = nullptr;
  std::size_t size_ = 0;
  std::size_t own_ = 0;
};

}  // namespace hpctrain::comm
