#include "tools/training_view.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "core/error.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::tools {
namespace {

/// Names may be missing on one side; where both have them they must agree, order included.
bool agree(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return a.empty() || b.empty() || a == b;
}

std::string describe(const data::FieldSchema& field) {
  if (field.num_classes > 0) {
    return fmt::format("{} classes ({})", field.num_classes, fmt::join(field.class_names, ", "));
  }
  return fmt::format("{} of shape {}{}", data::element_name(field.type), fmt::join(field.sample_shape, "×"),
                     field.landmark_names.empty() ? "" : fmt::format(" ({})", fmt::join(field.landmark_names, ", ")));
}

/// Encoded pictures get data.image-size while they are decoded, whatever size they are stored at; 0 is a side that
/// differs from picture to picture.
bool agree_in_shape(const data::FieldSchema& here, const data::FieldSchema& there, bool is_resized) {
  const auto &a = here.sample_shape, &b = there.sample_shape;
  if (!data::has_dims(here) || a.size() != 3 || b.size() != 3) return a == b;
  const auto agree_in_side = [&](std::size_t axis) { return a[axis] == 0 || b[axis] == 0 || a[axis] == b[axis]; };
  return a[2] == b[2] && (is_resized || (agree_in_side(0) && agree_in_side(1)));
}

void require_same(const data::DatasetIndex& index, const data::FieldSchema& here, const data::FieldSchema& there,
                  bool is_resized) {
  const bool is_same = here.kind == there.kind && here.type == there.type && agree_in_shape(here, there, is_resized) &&
                       here.num_classes == there.num_classes && agree(here.class_names, there.class_names) &&
                       agree(here.landmark_names, there.landmark_names);
  require(is_same, Fault::usage,
          fmt::format("{}: field {} is {}, but the network was trained on {}; pack the data set as the other one was",
                      index.folder.string(), here.name, describe(here), describe(there)));
}

}  // namespace

data::DatasetIndex view_as_trained(const data::DatasetIndex& index, const data::DatasetIndex& trained_on,
                                   std::optional<data::ImageSize> image_size) {
  data::DatasetIndex view = index;
  for (std::size_t here = 0; here < view.fields.size(); ++here) {
    for (std::size_t there = 0; there < trained_on.fields.size(); ++there) {
      if (view.fields[here].name != trained_on.fields[there].name) continue;
      require_same(index, view.fields[here], trained_on.fields[there], image_size.has_value());
      view.statistics[here] = trained_on.statistics[there];
    }
  }
  return view;
}

}  // namespace hpctrain::tools
