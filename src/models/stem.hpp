// What begins every classification network: which images its first convolution takes, and how small they may be.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string_view>

#include "models/network.hpp"

namespace hpctrain::models {

/// Channels that the first convolution reads: colour for Stem::imagenet, so that published weights fit; else the data's
/// own.
std::int64_t stem_channels(const NetworkSpec& spec) noexcept;

/// The images with as many channels as the stem reads: a grey one three times where that is colour.
///   shapes  [N, C, H, W] → [N, stem_channels(), H, W]; a view, no copy
torch::Tensor as_stem_reads(const torch::Tensor& images, Stem stem);

/// `stride`: pixels of the images per pixel of the last map.
///   errors  Fault::usage naming `network` when a layer would halve a single pixel, or when the imagenet stem is given
///           other than 1 or 3 channels
void require_images_fit(std::string_view network, const NetworkSpec& spec, std::int64_t stride);

}  // namespace hpctrain::models
