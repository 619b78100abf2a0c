// Choices that tasks are made with, as plain values with their defaults. Knows no tensors, so that option tables can
// bind to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/image_window.hpp"
#include "tasks/augmentation_settings.hpp"

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

struct ContrastiveSettings {
  double temperature = 0.5;            ///< that similarities are divided by
  std::string probe_split = "train";   ///< whose labelled samples the probe is fitted on
  std::uint64_t probe_samples = 1000;  ///< of it at most; 0: no probe, no scores
};

struct TaskSettings {
  std::uint64_t seed = 1;                              ///< of the augmentation
  std::optional<AugmentationSettings> augmentation{};  ///< of training images; unset: the task's own choice
  std::optional<data::ImageSize> image_size{};         ///< what images are brought to; unset: as they are delivered
  bool is_cut_when_decoded = false;                    ///< images are stored encoded, see Task::window_plan()
  LandmarkSettings landmarks{};
  ContrastiveSettings contrastive{};
  double label_smoothing = 0;  ///< classification: share of a target's weight that all classes have in equal parts
  double mixup = 0;            ///< classification: alpha of the shares that training samples are mixed with; 0: none
  bool mirror = false;         ///< classification: answers are the mean over an image and its mirror image
};

}  // namespace hpctrain::tasks
