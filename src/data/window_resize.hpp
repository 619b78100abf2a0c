// A part of a picture at another size. Separable, down the columns first; sums of float in one order, so equal
// everywhere. Every pixel is the mean of those under it, weighted by a triangle as wide as two of the result's pixels
// (two of the picture's when enlarging).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "data/jpeg_window.hpp"

namespace hpctrain::data {

/// Keeps its buffers from picture to picture; one belongs to one thread.
class WindowResize {
 public:
  ///   shapes  pixels [window.size.height, window.size.width, channels] u8 → destination [height, width, channels] u8
  void run(std::span<const std::byte> pixels, const DecodedWindow& window, ImageSize output, unsigned channels,
           std::byte* destination);

 private:
  struct Axis {
    std::vector<std::size_t> first;  // of each result pixel
    std::vector<float> weights;      // [result pixel][taps], zeros at the end
    std::size_t taps = 0;
  };
  static void plan_axis(std::size_t available, double begin, double extent, std::size_t output, Axis& axis);

  Axis rows_, columns_;
  std::vector<float> sums_;
};

}  // namespace hpctrain::data
