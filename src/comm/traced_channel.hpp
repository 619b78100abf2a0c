// Notes which collectives this rank asks of its channel, as one number: equal on ranks that asked for the same in the
// same order. Who compares the numbers is not its business.
#pragma once

#include <cstdint>
#include <memory>

#include "comm/gradient_channel.hpp"

namespace hpctrain::comm {

class TracedChannel final : public GradientChannel {
 public:
  explicit TracedChannel(std::unique_ptr<GradientChannel> inner) : inner_(std::move(inner)) {}

  std::shared_ptr<std::byte> make_memory(std::size_t bytes) override { return inner_->make_memory(bytes); }
  ///   cost  a few nanoseconds more than the channel behind it
  std::unique_ptr<PendingCollective> start_all_reduce(Span span, ReduceOp op, void* compute_stream) override;
  std::unique_ptr<PendingCollective> start_all_gather(Span span, void* compute_stream) override;
  std::string_view name() const noexcept override { return inner_->name(); }

  /// Of how many elements of which type every collective so far had, and what it did with them.
  std::uint64_t signature() const noexcept { return signature_; }

 private:
  void note(const Span& span, std::uint64_t operation);

  std::unique_ptr<GradientChannel> inner_;
  std::uint64_t signature_ = 0;
};

}  // namespace hpctrain::comm
