// Answers `hpctrain plan`: measures steps at each image size and number format, and forecasts the rest. One process.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"
#include "tools/link_survey.hpp"
#include "tools/plan_report.hpp"
#include "tools/planned_records.hpp"
#include "tools/step_probe.hpp"
#include "train/settings.hpp"

namespace hpctrain::tools {

/// What is to be forecast.
struct PlanQuestion {
  train::RunSettings run;
  std::optional<data::DatasetIndex> index;   ///< empty: `shape` stands for it
  RecordShape shape;                         ///< of records that nobody has yet
  std::vector<std::uint64_t> micro_batches;  ///< of a rank; empty: the run's, half and twice as many
  std::vector<std::string> image_sizes;      ///< as data.image-size takes them; empty: the run's
  std::vector<train::Precision> precisions;  ///< empty: the run's
  std::vector<int> ranks;                    ///< at least one
  int ranks_per_node = 1;
  std::string card_name;
  CardMemory card;
  bool is_for_gpu = false;  ///< what is forecast runs on one, whatever measures here
  std::uint64_t cpus = 1;   ///< of a rank here
};

/// The spelling in options.
std::string_view precision_name(train::Precision precision);

/// The layout that training at this image size reads.
data::DatasetIndex planned_index(const PlanQuestion& question, const std::string& image_size);
/// The settings at this image size, for probe_step().
train::RunSettings planned_settings(const PlanQuestion& question, const std::string& image_size,
                                    train::Precision precision);

///   blocks  for some seconds for each image size and number format
///   errors  Fault::usage where no size can be trained at, with the first one's reason
PlanReport survey_plan(const PlanQuestion& question, const SurveyedLinks& links, const torch::Device& device);

}  // namespace hpctrain::tools
