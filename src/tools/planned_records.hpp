// Records that nobody has yet: the layout of a data set from a few numbers, and micro-batches of made-up samples in the
// layout of any data set. What a step takes in memory and time depends on shapes, not on what the pictures show.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/image_window.hpp"
#include "data/loader.hpp"

namespace hpctrain::tools {

/// What a data set would be like.
struct RecordShape {
  std::uint64_t height = 0, width = 0, channels = 0;
  std::uint64_t outputs = 0;  ///< classes or landmarks
  std::uint64_t samples = 0;  ///< of the training split

  bool operator==(const RecordShape&) const = default;
};

/// What a task is usually trained on: ImageNet-1k, STL-10's unlabelled pictures, ISBI 2015's films.
///   errors  Fault::bug for a task that is not known here
RecordShape usual_record_shape(std::string_view task);

/// Reads "224x224x3" into height, width and channels; "224x224" leaves the channels.
///   errors  Fault::usage
void read_record_shape(std::string_view text, RecordShape& shape);

/// The layout that a packed data set of that shape would have, without shards. `split` holds all samples.
data::DatasetIndex make_planned_index(std::string_view task, const RecordShape& shape, const std::string& split);

/// One micro-batch of made-up samples: noise as pictures, the first class as labels, points in the middle.
class PlannedRecords {
 public:
  ///   delivered  as data::delivered_index() gives it
  PlannedRecords(const data::DatasetIndex& delivered, std::uint64_t count);
  PlannedRecords(const PlannedRecords&) = delete;
  PlannedRecords& operator=(const PlannedRecords&) = delete;

  /// A whole global batch in one micro-step; valid as long as this lives.
  const data::MicroBatch& batch() const noexcept { return batch_; }
  /// Bytes of one sample in a batch slot.
  static std::uint64_t row_bytes(const data::DatasetIndex& delivered);

 private:
  std::vector<std::uint64_t> ids_;
  std::vector<std::vector<std::byte>> rows_;
  data::MicroBatch batch_;
};

}  // namespace hpctrain::tools
