#include "tools/training_view.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"
#include "unit/tasks/support/packed_records.hpp"

namespace hpctrain::tools {
namespace {

data::DatasetIndex index_of(std::uint64_t side, const std::vector<std::string>& classes, double mean) {
  hpctrain::test::PackedRecords records({0});
  records.add_images(side, side, 1, std::vector<std::uint8_t>(side * side));
  records.add_labels({0}, 2, classes);
  auto index = records.index();
  index.statistics[index.field_position("image")].mean = {mean};
  return index;
}

TEST(TrainingView, TakesTheStatisticsOfTraining) {
  const auto view = view_as_trained(index_of(4, {"a", "b"}, 7), index_of(4, {}, 100), std::nullopt);
  EXPECT_EQ(view.statistics[view.field_position("image")].mean, std::vector<double>{100});
  EXPECT_EQ(view.fields[view.field_position("label")].class_names, (std::vector<std::string>{"a", "b"}));
}

data::DatasetIndex encoded_index(std::uint64_t height, std::uint64_t width, std::uint64_t channels = 3) {
  auto index = index_of(4, {}, 0);
  auto& image = index.fields[index.field_position("image")];
  image.kind = data::FieldKind::encoded;
  image.codec = "jpeg";
  image.semantic = "image";
  image.sample_shape = {height, width, channels};
  image.row_bytes = 0;
  return index;
}

TEST(TrainingView, AsksNothingOfSizesThatAreOnlyStored) {
  const auto same_size = encoded_index(48, 64), other_size = encoded_index(100, 90), many_sizes = encoded_index(0, 0);
  const data::ImageSize decoded_to{32, 32};
  for (const auto* here : {&same_size, &other_size, &many_sizes}) {
    EXPECT_EQ(view_as_trained(*here, many_sizes, decoded_to), *here);
    EXPECT_EQ(view_as_trained(*here, same_size, decoded_to), *here);
  }
}

TEST(TrainingView, RefusesEncodedPicturesThatTheNetworkWouldSeeAtAnotherSizeOrInOtherColours) {
  using hpctrain::test::expect_error;
  expect_error(Fault::usage, {"100×64×3", "48×64×3"},
               [] { view_as_trained(encoded_index(100, 64), encoded_index(48, 64), std::nullopt); });
  EXPECT_NO_THROW(view_as_trained(encoded_index(48, 64), encoded_index(48, 64), std::nullopt));
  expect_error(Fault::usage, {"48×64×1", "48×64×3"}, [] {
    view_as_trained(encoded_index(48, 64, 1), encoded_index(48, 64), data::ImageSize{32, 32});
  });
}

TEST(TrainingView, RefusesWhatTheNetworkWouldReadWrongly) {
  using hpctrain::test::expect_error;
  expect_error(Fault::usage, {"field label", "b, a", "trained on 2 classes (a, b)"}, [] {
    view_as_trained(index_of(4, {"b", "a"}, 0), index_of(4, {"a", "b"}, 0), std::nullopt);
  });
  expect_error(Fault::usage, {"field image", "5×5×1", "4×4×1"},
               [] { view_as_trained(index_of(5, {}, 0), index_of(4, {}, 0), std::nullopt); });
}

}  // namespace
}  // namespace hpctrain::tools
