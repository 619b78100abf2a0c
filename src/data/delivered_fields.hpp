// What rows look like when the loader hands them out: encoded pictures are decoded and of one size by then.
#pragma once

#include <optional>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/image_window.hpp"

namespace hpctrain::data {

/// The index's fields with every encoded one replaced by the dense u8 [height, width, channels] that it is decoded to.
/// `output` is the size of all pictures; unset: what the schema says.
///   errors  Fault::usage when neither says a size
///           Fault::data  for ragged fields and codecs that are not decoded
std::vector<FieldSchema> delivered_fields(const DatasetIndex& index, std::optional<ImageSize> output = std::nullopt);

/// The index as tasks see it: the same with delivered_fields() as its fields.
DatasetIndex delivered_index(const DatasetIndex& index, std::optional<ImageSize> output = std::nullopt);

}  // namespace hpctrain::data
