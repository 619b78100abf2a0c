// Mean, standard deviation, minimum and maximum of a dense field, gathered row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset_index.hpp"

namespace hpctrain::pack {

/// Values per channel of the last axis where the axes end with C ("HWC"), else one value for all elements.
class StatisticsCollector {
 public:
  explicit StatisticsCollector(const data::FieldSchema& field);

  void add_row(std::span<const std::byte> row);
  /// Over finite elements, 0 where there are none; the population's standard deviation, in the units of the stored
  /// elements.
  data::FieldStatistics result() const;

 private:
  struct Channel {
    double mean = 0;
    double squared_deviations = 0;
    double minimum = 0;
    double maximum = 0;
    std::uint64_t count = 0;
  };
  template <class T, class ToDouble>
  void add_elements(std::span<const std::byte> row, ToDouble to_double);
  static void merge(Channel& total, const Channel& part);

  data::ElementType type_;
  std::vector<Channel> channels_;
};

}  // namespace hpctrain::pack
