#include "models/stem.hpp"

#include <string>

#include "core/error.hpp"

namespace hpctrain::models {

std::int64_t stem_channels(const NetworkSpec& spec) noexcept {
  return spec.stem == Stem::imagenet ? 3 : spec.channels;
}

torch::Tensor as_stem_reads(const torch::Tensor& images, Stem stem) {
  return stem == Stem::imagenet && images.size(1) == 1 ? images.expand({-1, 3, -1, -1}) : images;
}

void require_images_fit(std::string_view network, const NetworkSpec& spec, std::int64_t stride) {
  // Below this the last layer that halves would halve a map of a single pixel.
  const std::int64_t side = stride / 2 + 1;
  const bool is_imagenet = spec.stem == Stem::imagenet;
  const std::string name = "model.name " + std::string(network);
  require(spec.height >= side && spec.width >= side, Fault::usage,
          name + " with model.stem " + (is_imagenet ? "imagenet" : "small") + " needs images of at least " +
              std::to_string(side) + "×" + std::to_string(side) + " pixels, these are " + std::to_string(spec.width) +
              "×" + std::to_string(spec.height) + (is_imagenet ? "; choose model.stem small" : ""));
  require(!is_imagenet || spec.channels == 1 || spec.channels == 3, Fault::usage,
          name + " with model.stem imagenet takes grey or colour images, these have " + std::to_string(spec.channels) +
              " channels; choose model.stem small");
}

}  // namespace hpctrain::models
