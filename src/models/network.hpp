// What every network is to the rest of the program: images in, one tensor out. Networks know no loss, no data, no
// ranks.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/error.hpp"

namespace hpctrain::models {

/// How a classification network begins. imagenet: as published, colour; small: at full resolution, the data's own
/// channels, for images up to about 64 pixels. Of a residual network, imagenet is a 7×7 convolution by 2 and max-pool
/// by 2, small 3×3 by 1; of mobile ones, the first convolution halves or does not.
enum class Stem { imagenet, small };

/// What the data and the task ask of a network.
struct NetworkSpec {
  std::int64_t channels = 1;   ///< of the images
  std::int64_t height = 28;    ///< pixels
  std::int64_t width = 28;     ///< pixels
  std::int64_t outputs = 10;   ///< classes or landmarks
  Stem stem = Stem::imagenet;  ///< read by networks that have the choice
  /// Probability that training leaves a feature out, before the head or where the network's paper has it; unset: as
  /// published.
  std::optional<double> dropout{};
  /// Probability that training leaves the deepest residual branch out, for networks that do so; unset: as published.
  std::optional<double> stochastic_depth{};
  bool has_projector = false;  ///< features and a projector to `outputs` in the head's place (contrastive learning)
};

/// What a network answers with.
enum class OutputKind {
  values,  ///< [N, outputs]: one number per class
  maps,    ///< [N, outputs, H/stride, W/stride]: one heatmap per landmark
};

class Network : public torch::nn::Module {
 public:
  /// shapes  images [N, channels, height, width] float → the network's own output, e.g. logits [N, outputs]
  virtual torch::Tensor forward(const torch::Tensor& images) = 0;

  virtual OutputKind output_kind() const { return OutputKind::values; }

  /// The module that depends on the number of outputs; its tensors may differ when weights are taken over.
  virtual std::string_view head_name() const = 0;

  /// A head that this network does without and others of its kind have: weights that are taken over may hold it. Empty:
  /// none.
  virtual std::string_view former_head_name() const { return {}; }

  /// What the head sees of each image, without dropout; for networks that answer with values.
  ///   shapes  images as forward() → [N, feature_count()]
  ///   errors  Fault::bug where there are none
  virtual torch::Tensor features(const torch::Tensor& /*images*/) {
    throw Error(Fault::bug, "features of a network that has none");
  }
  /// 0: this network has none.
  virtual std::int64_t feature_count() const { return 0; }

  /// Pixels of the images per pixel of the output, for networks whose output is a map. Centres align: output (x, y)
  /// stands for image position stride·(x + ½) − ½.
  virtual std::int64_t output_stride() const { return 1; }

  /// Whether parts of it can run once more in backward instead of keeping their inner activations.
  virtual bool can_recompute() const { return false; }

  /// Whether they do, from the next forward pass on. Results stay the same to the bit; backward takes longer.
  ///   errors  Fault::bug when it is asked for and the network cannot
  virtual void set_recomputation(bool is_on) {
    require_invariant(!is_on || can_recompute(), "recomputation is asked of networks that have parts to run again");
    recomputes_ = is_on;
  }

 protected:
  bool recomputes() const noexcept { return recomputes_; }

 private:
  bool recomputes_ = false;
};

}  // namespace hpctrain::models
