// Which samples a rank reads next: walks global batches and their micro-steps in order, across epoch borders. Pure: it
// touches no data, so it may run any number of micro-batches ahead.
#pragma once

#include <cstdint>
#include <optional>

#include "data/batch_plan.hpp"

namespace hpctrain::data {

struct MicroBatchPlan {
  GlobalBatch batch;
  std::uint64_t micro_step = 0;
  std::uint64_t micro_steps = 1;
  Share share;  ///< of this micro-step, counted from the batch's first sample

  bool operator==(const MicroBatchPlan&) const = default;
};

struct PlannerSettings {
  std::uint64_t num_samples = 0;
  std::uint64_t batch = 0;
  std::uint64_t micro_batch = 0;
  Tail tail = Tail::short_batch;
  std::optional<std::uint64_t> epochs;
  int rank = 0;
  int world = 1;
  std::uint64_t micro_shards = 0;  ///< parts of every batch, each a micro-step of its own; 0: by `micro_batch`
};

class MicroBatchPlanner {
 public:
  explicit MicroBatchPlanner(const PlannerSettings& settings) : settings_(settings) {}

  /// Empty once the epochs of the plan are over.
  std::optional<MicroBatchPlan> next();
  void seek(Cursor cursor);

 private:
  std::uint64_t micro_steps() const;
  Share share() const;

  PlannerSettings settings_;
  Cursor cursor_;
  std::optional<GlobalBatch> batch_;  // whose micro-steps are being handed out
  std::uint64_t micro_step_ = 0;
};

}  // namespace hpctrain::data
