// What happens when a rank runs out of memory: all ranks drop the step, take the next rung together and repeat it with
// the same global batch. What the rungs are is planned elsewhere (memory_rung.hpp).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/placement.hpp"
#include "models/network.hpp"
#include "train/evaluator.hpp"
#include "train/memory_rung.hpp"
#include "train/memory_snapshot.hpp"
#include "train/piecewise_feed.hpp"
#include "train/progress.hpp"
#include "train/wholeness.hpp"

namespace hpctrain::train {

/// A rung was taken; equal on all ranks.
struct RungReport {
  std::uint64_t step = 0;  ///< updates made before the one that is repeated
  int rank = 0;            ///< the lowest that ran out of memory
  std::string host{};      ///< its
  MemoryRung rung{};
  std::uint64_t samples_at_once = 0;
  std::string description{};  ///< of the rung
  std::string text{};         ///< what, why and what changes, for people
};

class MemoryLadder {
 public:
  /// All that is referred to outlives the ladder.
  struct Parts {
    Wholeness& wholeness;
    PiecewiseFeed& feed;
    models::Network& network;
    Evaluator& evaluator;  ///< takes no more samples at once than training does
    Placement placement;
    torch::Device device;
    LadderFacts facts{};
    std::uint64_t batch = 0;        ///< global
    std::string why_not{};          ///< why there is no ladder in this run; empty: there is one
    bool recomputes_first = false;  ///< the user asked for it
    std::function<void(const Progress&, const RungReport&)> tell{};  ///< on all ranks
    /// On a rank that ran out: writes down what its memory is held by; the path, empty where there is none.
    std::function<std::string(const Progress&, const LackOfMemory&)> save_snapshot{};
  };

  explicit MemoryLadder(Parts parts);

  /// To be asked while an exception of a step is handled.
  ///   errors  that exception, where it is no lack of memory; Fault::device where there is no ladder, for it would
  ///           break off messages between ranks
  LackOfMemory find_lack(const std::exception& failure) const;

  /// Takes the next rung for the step after `progress`, whose records then come again. `mine`: where this rank is one
  /// that ran out.
  ///   collective  all ranks
  ///   errors      Fault::device, agreed, where nothing is left to give
  void step_down(const Progress& progress, const std::optional<LackOfMemory>& mine);

  /// From the first step on: at most so many samples at once, as was measured.
  void start_with(std::uint64_t samples_at_once);
  /// Whether an earlier start found out how many samples fit. That all of as large a micro-batch fit is believed only
  /// where the ladder could mend it: the device may be another.
  bool is_found() const noexcept { return (is_measured_ && parts_.why_not.empty()) || rung_.pieces > 1; }

  const MemoryRung& rung() const noexcept { return rung_; }
  std::uint64_t samples_at_once() const noexcept { return plan_samples_at_once(rung_, parts_.facts.micro_batch); }

  /// The rung as checkpoints keep it; what was not taken is not in it.
  nlohmann::json to_json() const;
  /// What to_json() gave; the ladder begins there, whatever the ranks' number is now.
  void restore(const nlohmann::json& json);

 private:
  void take(const MemoryRung& rung);
  std::string write_message(const Progress& progress, const std::optional<LackOfMemory>& mine) const;
  std::string describe_end(const nlohmann::json& message, int rank, std::uint64_t step) const;

  Parts parts_;
  MemoryRung rung_;
  bool is_measured_ = false;
};

}  // namespace hpctrain::train
