#include "train/memory_rung.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/integer_division.hpp"

namespace hpctrain::train {
namespace {

std::optional<MemoryRung> recomputing(const MemoryRung& now, const LadderFacts& facts) {
  if (now.recomputes || !facts.can_recompute) return std::nullopt;
  return MemoryRung{now.pieces, true};
}

/// Twice as many pieces, as long as each has `least` samples; of all cuts with so many samples at once the one with the
/// fewest pieces, which is what a checkpoint's `samples_at_once` leads back to.
std::optional<MemoryRung> halved(const MemoryRung& now, const LadderFacts& facts, std::uint64_t least) {
  const std::uint64_t most_pieces = std::max<std::uint64_t>(1, facts.micro_batch / least);
  const std::uint64_t samples = divide_up(facts.micro_batch, std::min(2 * now.pieces, most_pieces));
  const MemoryRung next{plan_pieces(facts.micro_batch, samples), now.recomputes};
  return next.pieces > now.pieces ? std::optional(next) : std::nullopt;
}

}  // namespace

std::uint64_t least_samples(const LadderFacts& facts) {
  return facts.has_batch_statistics ? 2 : 1;
}

std::uint64_t plan_samples_at_once(const MemoryRung& rung, std::uint64_t micro_batch) {
  return divide_up(micro_batch, rung.pieces);
}

std::uint64_t plan_pieces(std::uint64_t micro_batch, std::uint64_t samples_at_once) {
  return divide_up(micro_batch, std::clamp<std::uint64_t>(samples_at_once, 1, micro_batch));
}

std::optional<MemoryRung> plan_next_rung(const MemoryRung& now, const LadderFacts& facts) {
  if (facts.is_reproducible) return recomputing(now, facts);
  if (facts.has_batch_statistics) {
    const auto next = recomputing(now, facts);
    return next ? next : halved(now, facts, least_samples(facts));
  }
  const auto next = halved(now, facts, least_samples(facts));
  return next ? next : recomputing(now, facts);
}

std::string describe_rung(const MemoryRung& rung, std::uint64_t micro_batch) {
  const std::uint64_t samples = plan_samples_at_once(rung, micro_batch);
  return fmt::format("at most {} sample{} of a rank at once{}", samples, samples == 1 ? "" : "s",
                     rung.recomputes ? " and activations computed again in backward" : "");
}

}  // namespace hpctrain::train
