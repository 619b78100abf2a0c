#include "tasks/landmark_records.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.hpp"
#include "tasks/landmark_predictions.hpp"
#include "tasks/landmark_score.hpp"

namespace hpctrain::tasks {
namespace {

std::optional<std::size_t> find_field(const data::DatasetIndex& index, std::string_view name) {
  for (std::size_t i = 0; i < index.fields.size(); ++i) {
    if (index.fields[i].name == name) return i;
  }
  return std::nullopt;
}

void require_shape(const data::DatasetIndex& index, std::size_t field, const std::vector<std::uint64_t>& shape) {
  const auto& schema = index.fields[field];
  require(
      schema.kind == data::FieldKind::dense && schema.type == data::ElementType::f32 && schema.sample_shape == shape,
      Fault::data,
      fmt::format("{}: field '{}' is not a dense array of f32 with shape [{}]; pack the data set with hpctrain-pack",
                  index.folder.string(), schema.name, fmt::join(shape, ", ")));
}

std::vector<float> read_floats(const data::MicroBatch& records, std::size_t field) {
  std::vector<float> values(records.rows[field].size() / sizeof(float));
  std::memcpy(values.data(), records.rows[field].data(), values.size() * sizeof(float));
  return values;
}

/// Lengths and places of a stored image in an image of another size; pixel centres lie at integers.
void resize(LandmarkRecords& host, float scale) {
  const auto place = [&](float stored) { return (stored + 0.5f) * scale - 0.5f; };
  for (float& coordinate : host.truth) coordinate = place(coordinate);
  for (float& distance : host.doctors) distance *= scale;
  for (std::size_t row = 0; row < host.geometry.size(); row += kGeometry) {
    host.geometry[row + kScale] *= scale;
    host.geometry[row + kOffsetX] = place(host.geometry[row + kOffsetX]);
    host.geometry[row + kOffsetY] = place(host.geometry[row + kOffsetY]);
  }
}

}  // namespace

LandmarkFields::LandmarkFields(const data::DatasetIndex& index, Truth truth)
    : mean_(index.field_position("landmarks")),
      geometry_(index.field_position("geometry")),
      junior_(find_field(index, "landmarks_junior")),
      senior_(find_field(index, "landmarks_senior")) {
  const auto& schema = index.fields[mean_];
  const std::uint64_t landmarks = schema.sample_shape.empty() ? 0 : std::max<std::uint64_t>(1, schema.sample_shape[0]);
  require_shape(index, mean_, {landmarks, 2});
  require_shape(index, geometry_, {static_cast<std::uint64_t>(kGeometry)});
  for (const auto& field : {junior_, senior_}) {
    if (field) require_shape(index, *field, {landmarks, 2});
  }
  require((truth != Truth::junior || junior_) && (truth != Truth::senior || senior_), Fault::usage,
          fmt::format("{}: the truth of each landmark is to be the {}'s, but the data set holds one annotation only; "
                      "choose the truth 'mean'",
                      index.folder.string(), truth_name(truth)));
  landmarks_ = static_cast<std::int64_t>(landmarks);
  names_ = schema.landmark_names;
  while (names_.size() < landmarks) names_.push_back(fmt::format("L{}", names_.size() + 1));
}

LandmarkRecords LandmarkFields::read(const data::MicroBatch& records, Truth truth, double scale) const {
  LandmarkRecords host;
  host.truth = read_floats(records, truth == Truth::junior ? *junior_ : truth == Truth::senior ? *senior_ : mean_);
  host.geometry = read_floats(records, geometry_);
  host.doctors.assign(records.count * static_cast<std::size_t>(landmarks_), NAN);
  if (has_two_doctors()) {
    const auto junior = read_floats(records, *junior_), senior = read_floats(records, *senior_);
    for (std::size_t i = 0; i < host.doctors.size(); ++i) {
      host.doctors[i] = std::hypot(junior[2 * i] - senior[2 * i], junior[2 * i + 1] - senior[2 * i + 1]);
    }
  }
  require_sound(host, records);
  for (std::size_t row = 0; row < host.geometry.size(); row += kGeometry) {
    float& millimetres = host.geometry[row + kMillimetres];
    if (!(millimetres > 0) || std::isinf(millimetres)) millimetres = 0;
  }
  // What nobody resized keeps its bits.
  if (scale != 1) resize(host, static_cast<float>(scale));
  return host;
}

void LandmarkFields::require_sound(const LandmarkRecords& host, const data::MicroBatch& records) const {
  for (std::size_t n = 0; n < records.count; ++n) {
    const float* geometry = &host.geometry[n * kGeometry];
    const auto* points = &host.truth[n * 2 * static_cast<std::size_t>(landmarks_)];
    const bool is_sound = std::isfinite(geometry[kScale]) && geometry[kScale] > 0 &&
                          std::isfinite(geometry[kOffsetX]) && std::isfinite(geometry[kOffsetY]) &&
                          std::none_of(points, points + 2 * landmarks_, [](float value) { return std::isinf(value); });
    require(
        is_sound, Fault::data,
        fmt::format("sample {}: geometry or landmarks hold infinite numbers or a scale that is not positive; the data "
                    "set was not packed by hpctrain-pack or was changed since, pack it again",
                    records.sample_ids[n]));
  }
}

}  // namespace hpctrain::tasks
