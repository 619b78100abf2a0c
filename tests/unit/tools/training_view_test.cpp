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
  const auto view = view_as_trained(index_of(4, {"a", "b"}, 7), index_of(4, {}, 100));
  EXPECT_EQ(view.statistics[view.field_position("image")].mean, std::vector<double>{100});
  EXPECT_EQ(view.fields[view.field_position("label")].class_names, (std::vector<std::string>{"a", "b"}));
}

TEST(TrainingView, RefusesWhatTheNetworkWouldReadWrongly) {
  using hpctrain::test::expect_error;
  expect_error(Fault::usage, {"field label", "b, a", "trained on 2 classes (a, b)"}, [] {
    view_as_trained(index_of(4, {"b", "a"}, 0), index_of(4, {"a", "b"}, 0));
  });
  expect_error(Fault::usage, {"field image", "5×5×1", "4×4×1"},
               [] { view_as_trained(index_of(5, {}, 0), index_of(4, {}, 0)); });
}

}  // namespace
}  // namespace hpctrain::tools
