// Axes of charts: from values to places, and the round numbers that are written beside them. Pure arithmetic.
#pragma once

#include <string>
#include <vector>

namespace hpctrain::tools {

enum class ValueFormat { plain, percent, bytes, millimetres };

/// "0.25", "25 %", "1.5 GiB": short enough for an axis.
std::string format_tick(double value, ValueFormat format);

enum class AxisScale {
  round,        ///< ends at round numbers around the values
  binary,       ///< the same with multiples of a power of two: bytes
  exact,        ///< ends at the values
  logarithmic,  ///< ends at the values; round where they are not all above 0
};

class ChartAxis {
 public:
  /// Equal values get a range of their own.
  ///   from, to  places of the ends on the paper
  ChartAxis(double least, double most, AxisScale scale, double from, double to);

  double place(double value) const;
  /// Round values within the ends, rising.
  const std::vector<double>& ticks() const noexcept { return ticks_; }
  bool is_logarithmic() const noexcept { return is_logarithmic_; }

 private:
  double scaled(double value) const;

  bool is_logarithmic_;
  double least_, most_, from_, to_;
  std::vector<double> ticks_;
};

/// 1, 2 or 5 times a power of ten, so that about `wanted` of them make `span`.
double round_step(double span, int wanted);
/// The power of two for it.
double binary_step(double span, int wanted);

}  // namespace hpctrain::tools
