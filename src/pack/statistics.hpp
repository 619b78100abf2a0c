// Mean, standard deviation, minimum and maximum of a field, gathered row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset_index.hpp"

namespace hpctrain::pack {

/// Of the finite elements of one channel.
struct ChannelStatistics {
  double mean = 0;
  double squared_deviations = 0;
  double minimum = 0;
  double maximum = 0;
  std::uint64_t count = 0;
};

/// One value per channel of the last axis where the axes end with C ("HWC"), else one for all elements. A pure
/// function: any thread measures, one adds up in the order of the rows, so that sums are the same at any number of
/// threads. `row` holds elements of the field's type: of an encoded picture, its pixels.
std::vector<ChannelStatistics> measure_row(const data::FieldSchema& field, std::span<const std::byte> row);

class StatisticsCollector {
 public:
  explicit StatisticsCollector(const data::FieldSchema& field);

  void add_row(std::span<const std::byte> row);
  /// What measure_row said of one row.
  void add(std::span<const ChannelStatistics> row);
  /// Over finite elements, 0 where there are none; the population's standard deviation, in the units of the stored
  /// elements.
  data::FieldStatistics result() const;

 private:
  data::FieldSchema field_;
  std::vector<ChannelStatistics> channels_;
};

}  // namespace hpctrain::pack
