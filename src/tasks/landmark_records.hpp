// The small fields of a landmark data set on the host: which they are, and what they say of a micro-batch.
// Knows no networks and draws nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/loader.hpp"
#include "tasks/settings.hpp"

namespace hpctrain::tasks {

/// Of one micro-batch, in pixels of the images that networks see.
struct LandmarkRecords {
  std::vector<float> truth;     ///< [N, K, 2], NaN = not annotated
  std::vector<float> geometry;  ///< [N, 4], see GeometryColumn; 0 mm where the spacing is unknown
  std::vector<float> doctors;   ///< [N, K] distance, NaN without two doctors
};

class LandmarkFields {
 public:
  ///   errors  Fault::data   a field is missing or has another shape
  ///           Fault::usage  `truth` names a doctor whose points the data set does not have
  LandmarkFields(const data::DatasetIndex& index, Truth truth);

  std::int64_t landmarks() const noexcept { return landmarks_; }
  bool has_two_doctors() const noexcept { return junior_ && senior_; }
  /// "L1" … where the data set names none.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// `scale`: pixels of the images that networks see per stored pixel.
  ///   errors  Fault::data naming the sample whose geometry or coordinates are no numbers
  LandmarkRecords read(const data::MicroBatch& records, Truth truth, double scale) const;

 private:
  void require_sound(const LandmarkRecords& host, const data::MicroBatch& records) const;

  std::size_t mean_, geometry_;
  std::optional<std::size_t> junior_, senior_;
  std::int64_t landmarks_ = 0;
  std::vector<std::string> names_;
};

}  // namespace hpctrain::tasks
