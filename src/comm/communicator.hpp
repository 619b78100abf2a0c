// What ranks may say to each other. One abstract group of ranks; folders of back ends are files here: MPI for real
// runs, threads for tests. NCCL carries gradients only and stands behind GradientChannel (gradient_channel.hpp). Must
// not know torch: it moves spans of plain elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace hpctrain::comm {

enum class ElementType { u8, i32, i64, u32, u64, f16, bf16, f32, f64 };
enum class ReduceOp { sum, min, max, bit_or };

std::size_t element_bytes(ElementType type) noexcept;

/// A run of elements in memory, on the host for Communicator, on host or device for GradientChannel.
struct Span {
  void* data = nullptr;
  std::size_t count = 0;
  ElementType type = ElementType::u8;

  std::size_t bytes() const noexcept { return count * element_bytes(type); }
};

/// A collective under way. Destroying it before wait() returned is a bug: destructors never communicate.
class PendingCollective {
 public:
  virtual ~PendingCollective() = default;
  /// Moves the collective forward; true when it has finished. Never blocks.
  virtual bool test() = 0;
  /// Blocks until finished, sleeping between polls: ranks may have one core each.
  virtual void wait() = 0;
};

/// A group of ranks. Every collective is called by all ranks of the group in the same order with equal shapes.
///   errors  Fault::comm (set-up), Fault::stopped (a peer died or is silent)
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const noexcept = 0;
  virtual int size() const noexcept = 0;

  virtual void barrier() = 0;
  virtual void broadcast(Span span, int root) = 0;
  /// In place; every rank ends with the same bits.
  virtual void all_reduce(Span span, ReduceOp op) = 0;
  virtual std::unique_ptr<PendingCollective> start_all_reduce(Span span, ReduceOp op) = 0;
  /// `all` holds size() blocks of mine.size() bytes, in rank order. `mine` may be this rank's own block of it.
  virtual void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) = 0;
  virtual void send(std::span<const std::byte> bytes, int to, int tag) = 0;
  virtual void receive(std::span<std::byte> bytes, int from, int tag) = 0;
  /// Collective over this group: ranks of equal colour form a new group, ordered by (key, rank).
  virtual std::unique_ptr<Communicator> split(int colour, int key) = 0;
  /// Collective over `ranks` of this group alone, this one among them: they form a new group, in that order.
  ///   tag  zero or more, equal on all of them; tells apart teams that are made at the same time
  virtual std::unique_ptr<Communicator> create_team(const std::vector<int>& ranks, int tag) = 0;

  bool is_leader() const noexcept { return rank() == 0; }
};

/// Root's text on every rank (collective). Text may hold any bytes.
std::string broadcast_text(Communicator& group, const std::string& text, int root);

/// Every rank's text, in rank order, on every rank (collective).
std::vector<std::string> all_gather_text(Communicator& group, const std::string& mine);

}  // namespace hpctrain::comm
