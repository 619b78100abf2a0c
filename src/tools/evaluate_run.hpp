// Scores a finished run: metrics and tables of every split, its worst samples, and what answers without learning score.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "core/placement.hpp"
#include "data/dataset_index.hpp"
#include "tools/saved_network.hpp"
#include "train/evaluator.hpp"

namespace hpctrain::tools {

struct EvaluationWish {
  std::vector<std::string> splits;  ///< empty: every one but the training split
  std::uint64_t worst = 5;          ///< samples listed for each split
  bool baselines = false;           ///< score the untrained network as well; for landmarks the mean shape, for features
                                    ///< raw pixels
  std::filesystem::path
      pictures;  ///< landmarks: where SPLIT-predictions.csv and overlays of the worst go; empty: nowhere
};

struct EvaluationPlace {
  FileSystem& files;
  std::filesystem::path run_folder;
  const data::DatasetIndex& index;
  comm::Communicator& group;
  Placement placement;
  torch::Device device;
};

struct SplitScore {
  train::EvaluationReport report;
  std::vector<tasks::SampleError> worst;
  std::optional<tasks::Metrics> untrained;
  std::optional<tasks::Metrics> raw_pixels;  ///< for tasks that are scored by features
  std::optional<tasks::Metrics> mean_shape;
};

struct RunScore {
  std::filesystem::path checkpoint;
  std::uint64_t step = 0;
  std::vector<SplitScore> splits;

  std::string text() const;
  std::string json() const;
};

/// collective  all ranks of place.group; the whole result on every rank
/// errors      Fault::no_checkpoint, Fault::data, Fault::usage, Fault::storage; all agreed
RunScore evaluate_run(const train::RunSettings& settings, const EvaluationPlace& place, const EvaluationWish& wish);

}  // namespace hpctrain::tools
