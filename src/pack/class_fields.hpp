// The fields of a data set for classification, for every source that has them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"

namespace hpctrain::pack {

/// "image": u8, height × width × channels.
data::FieldSchema image_field(std::uint64_t height, std::uint64_t width, std::uint64_t channels);

/// One of `num_classes`; `class_names` may be empty.
data::FieldSchema label_field(const std::string& name, std::uint64_t num_classes,
                              const std::vector<std::string>& class_names);

}  // namespace hpctrain::pack
