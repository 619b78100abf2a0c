// How the values of a tensor are distributed. Plain values.
#pragma once

#include <string>
#include <vector>

namespace hpctrain::monitor {

struct Histogram {
  std::string tag;  ///< "weights/conv1.weight"
  double least = 0;
  double most = 0;
  double count = 0;
  double sum = 0;
  double sum_of_squares = 0;
  std::vector<double> counts{};  ///< of values in parts of equal width, from `least` to `most`

  /// Upper end of part `i`.
  double limit(std::size_t i) const noexcept {
    return least + (most - least) * static_cast<double>(i + 1) / static_cast<double>(counts.size());
  }
};

}  // namespace hpctrain::monitor
