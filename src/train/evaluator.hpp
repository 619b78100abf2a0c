// Scores a split: every sample exactly once over all ranks, whatever their number.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "comm/communicator.hpp"
#include "core/placement.hpp"
#include "data/loader.hpp"
#include "models/network.hpp"
#include "tasks/task.hpp"
#include "train/data_traffic.hpp"
#include "train/forward_pass.hpp"

namespace hpctrain::train {

struct EvaluationReport {
  std::string split;
  std::uint64_t samples = 0;
  double seconds = 0;
  tasks::Metrics metrics;
  std::string tables;  ///< per class and the like
  double quality = 0;  ///< higher is better
};

/// Sees every scored micro-batch of this rank.
using BatchObserver = std::function<void(const torch::Tensor& outputs, const tasks::Batch& batch)>;

class Evaluator {
 public:
  struct Parts {
    const data::DatasetIndex& index;
    tasks::Task& task;
    models::Network& network;
    comm::Communicator& group;
    Placement placement;
    torch::Device device;
    data::LoaderSettings loader;
    data::SlotAllocator& slots;
    std::uint64_t micro_batch;   ///< samples of a rank at once; what training uses is known to fit
    std::uint64_t micro_shards;  ///< as in training: scores have the same bits on any number of ranks; 0: they need not
    std::optional<std::uint64_t> max_samples;
    ForwardPass forward_pass;                     ///< as training uses it
    std::optional<data::ImageSize> image_size{};  ///< that encoded pictures are decoded to
    data::ShardLocator* locator = nullptr;        ///< none: shards are read where the data set lies
  };

  explicit Evaluator(const Parts& parts) : parts_(parts) {}

  /// Where the task's scores need reference samples, the network's answers to them are gathered first.
  ///   collective  all ranks of the group
  ///   errors      Fault::data
  EvaluationReport run(const std::string& split, const BatchObserver& observer = {});

  /// Shows this rank's share of a split, micro-batch by micro-batch, as it is scored.
  ///   errors  Fault::data
  void visit(const std::string& split, const std::function<void(const tasks::Batch&)>& visitor);

  /// The reference samples can be read, and the task takes them; the network is not asked. Nothing to do for a task
  /// without.
  ///   errors  Fault::data naming the sample that cannot serve
  void require_reference();

  /// From now on no more samples of a rank at once than this; with micro-shards each has its own number.
  void use_at_once(std::uint64_t samples);

  /// Of this rank, over all passes so far.
  const DataTraffic& traffic() const noexcept { return traffic_; }

 private:
  using Visitor = std::function<void(const data::MicroBatch& records, const tasks::Batch& batch)>;

  data::LoaderPlan plan_walk(const std::string& split) const;
  data::LoaderPlan plan_reference(const tasks::ReferenceSamples& reference) const;
  void walk(const data::LoaderPlan& plan, const Visitor& visitor);
  void take_reference();
  torch::Tensor score_own_share(const std::string& split, const BatchObserver& observer);

  Parts parts_;
  DataTraffic traffic_;
};

}  // namespace hpctrain::train
