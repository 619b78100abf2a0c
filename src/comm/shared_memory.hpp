// Memory that the ranks of one node share, and who of them still lives. Knows nothing of what lies in it.
#pragma once

#include <cstddef>
#include <memory>

#include "comm/communicator.hpp"
#include "core/owned_descriptor.hpp"

namespace hpctrain::comm {

class SharedMemory {
 public:
  /// A fresh zeroed region in all ranks of `group`; null on all of them where they are not on one node, or the node
  /// has not that much memory to share. It goes away with the last rank that holds it.
  ///   collective  all ranks of `group`, equal arguments
  static std::unique_ptr<SharedMemory> make(Communicator& group, std::size_t head_bytes, std::size_t bytes_per_rank);

  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  std::byte* head() const noexcept { return start_; }
  std::byte* part(int rank) const noexcept;
  std::size_t bytes_per_rank() const noexcept { return bytes_per_rank_; }

  /// False once that rank, which is not this one, ended or gave the region up.
  bool is_held_by(int rank) const noexcept;

 private:
  SharedMemory(OwnedDescriptor file, std::byte* start, std::size_t head_bytes, std::size_t bytes_per_rank, int ranks);
  static std::unique_ptr<SharedMemory> take(Communicator& group, OwnedDescriptor file, std::size_t head_bytes,
                                            std::size_t bytes_per_rank);

  OwnedDescriptor file_;
  std::byte* start_;
  std::size_t head_bytes_;
  std::size_t bytes_per_rank_;
  std::size_t total_bytes_;
};

}  // namespace hpctrain::comm
