// Which part of an encoded image is decoded, and to which size: decided before decoding, so that pixels outside the
// window cost little. A pure function of epoch and sample, like every augmentation.
#pragma once

#include <cstdint>

namespace hpctrain::data {

struct ImageSize {
  std::uint32_t height = 0, width = 0;

  bool operator==(const ImageSize&) const = default;
};

/// In pixels of the stored image; lies inside it.
struct ImageWindow {
  std::uint32_t top = 0, left = 0;
  ImageSize size;

  bool operator==(const ImageWindow&) const = default;
};

class ImageWindowPlan {
 public:
  virtual ~ImageWindowPlan() = default;

  /// What every image is resized to after its window was decoded.
  virtual ImageSize output() const = 0;

  /// Any thread, equal arguments give equal answers.
  virtual ImageWindow plan_window(std::uint64_t epoch, std::uint64_t sample_id, ImageSize stored) const = 0;
};

}  // namespace hpctrain::data
