// What a run does with less memory: how far it has gone, and what comes next. Pure; who carries it out is MemoryLadder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hpctrain::train {

/// How the same global batch is carried out in less memory than it was meant to be.
struct MemoryRung {
  std::uint64_t pieces = 1;  ///< that each micro-batch of the loader is cut into
  bool recomputes = false;   ///< activations are computed again in backward instead of being kept

  bool operator==(const MemoryRung&) const = default;
};

/// What decides about the next rung; equal on all ranks.
struct LadderFacts {
  std::uint64_t micro_batch = 1;  ///< most samples that the loader delivers at once
  bool can_recompute = false;
  bool has_batch_statistics = false;  ///< a network that normalises over each micro-batch
  bool is_reproducible = false;       ///< the bits must not depend on how a batch is carried out
};

/// Of a piece, as far as an odd number at two samples at once allows: one sample normalises badly, and on maps of one
/// pixel not at all.
std::uint64_t least_samples(const LadderFacts& facts);

/// Most samples of a rank at once on a rung.
std::uint64_t plan_samples_at_once(const MemoryRung& rung, std::uint64_t micro_batch);

/// Into how many pieces a micro-batch is cut so that no piece has more than `samples_at_once`.
std::uint64_t plan_pieces(std::uint64_t micro_batch, std::uint64_t samples_at_once);

/// The next rung; empty where nothing is left to give.
/// Smaller pieces change no result of networks without batch statistics and cost little, so they come first there, down
/// to single samples. Where batches are normalised they change what is learned: recomputation comes first, and no
/// rung is for less than two samples at once. In reproducible mode recomputation is all there is.
std::optional<MemoryRung> plan_next_rung(const MemoryRung& now, const LadderFacts& facts);

/// "at most 16 samples of a rank at once", with recomputation where there is any.
std::string describe_rung(const MemoryRung& rung, std::uint64_t micro_batch);

}  // namespace hpctrain::train
