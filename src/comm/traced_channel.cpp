#include "comm/traced_channel.hpp"

#include <array>
#include <span>

#include "core/digest.hpp"

namespace hpctrain::comm {

std::unique_ptr<PendingCollective> TracedChannel::start_all_reduce(Span span, ReduceOp op, void* compute_stream) {
  note(span, static_cast<std::uint64_t>(op));
  return inner_->start_all_reduce(span, op, compute_stream);
}

std::unique_ptr<PendingCollective> TracedChannel::start_all_gather(Span span, void* compute_stream) {
  constexpr std::uint64_t kNoReduction = ~std::uint64_t{0};
  note(span, kNoReduction);
  return inner_->start_all_gather(span, compute_stream);
}

void TracedChannel::note(const Span& span, std::uint64_t operation) {
  // No addresses: they differ from rank to rank.
  const std::array<std::uint64_t, 4> asked = {signature_, span.count, static_cast<std::uint64_t>(span.type), operation};
  signature_ = xxh3_64(std::as_bytes(std::span(asked)));
}

}  // namespace hpctrain::comm
