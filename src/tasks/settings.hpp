// Choices that tasks are made with, as plain values with their defaults. Knows no tensors, so that option tables can
// bind to it.
#pragma once

#include <cstdint>
#include <optional>

#include "tasks/augmentation_plan.hpp"

namespace hpctrain::tasks {

enum class Decoder {
  argmax,             ///< the highest cell
  log_parabola,       ///< a parabola through the logarithms of the peak and its neighbours: exact on clean Gaussians
  local_soft_argmax,  ///< weighted mean of the cells around the peak: steadier on noisy heatmaps
};

/// Whose points an evaluation compares with. Training always uses the mean.
enum class Truth { mean, junior, senior };

struct LandmarkSettings {
  Truth truth = Truth::mean;
  Decoder decoder = Decoder::local_soft_argmax;
  double sigma = 2.5;            ///< of the target Gaussians, heatmap cells
  double coordinate_weight = 0;  ///< of the soft-argmax coordinate loss beside the heatmap loss
};

struct TaskSettings {
  std::uint64_t seed = 1;                              ///< of the augmentation
  std::optional<AugmentationSettings> augmentation{};  ///< of training images; unset: the task's own choice
  LandmarkSettings landmarks{};
  double label_smoothing = 0;  ///< classification: share of a target's weight that all classes have in equal parts
};

}  // namespace hpctrain::tasks
