#include "tools/single_record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "support/expect_error.hpp"
#include "unit/tasks/support/packed_records.hpp"

namespace hpctrain::tools {
namespace {

std::vector<float> floats_of(const data::DatasetIndex& index, const data::MicroBatch& batch, std::string_view field) {
  const auto row = batch.rows[index.field_position(field)];
  std::vector<float> values(row.size() / sizeof(float));
  std::memcpy(values.data(), row.data(), row.size());
  return values;
}

data::DatasetIndex landmark_index() {
  hpctrain::test::PackedRecords records({0});
  records.add_images(8, 4, 1, std::vector<std::uint8_t>(32));
  records.add_floats("geometry", {4}, {1, 0, 0, 0});
  records.add_floats("landmarks", {2, 2}, {0, 0, 0, 0});
  records.add_floats("landmarks_junior", {2, 2}, {0, 0, 0, 0});
  return records.index();
}

TEST(SingleRecord, StoresAFilmAsThePackerDoes) {
  const auto index = landmark_index();
  SingleRecord record(index);
  pack::Film film{{{8, 8}, 1, std::vector<std::byte>(64, std::byte{200})}, 0.25, {{{2, 4}, {7, 1}}}};
  record.write_film(film);
  const auto batch = record.batch();
  EXPECT_EQ(batch.count, 1u);
  // 8×8 into 4×8: half as large, two rows of padding above and below; centres: 0.5·(x + 0.5) − 0.5.
  EXPECT_EQ(floats_of(index, batch, "geometry"), (std::vector<float>{0.5f, -0.25f, 1.75f, 0.25f}));
  EXPECT_EQ(floats_of(index, batch, "landmarks"), (std::vector<float>{0.75f, 3.75f, 3.25f, 2.25f}));
  const auto junior = floats_of(index, batch, "landmarks_junior");
  ASSERT_EQ(junior.size(), 4u);
  for (const float value : junior) EXPECT_TRUE(std::isnan(value));
  const auto image = batch.rows[index.field_position("image")];
  EXPECT_EQ(image[0], std::byte{0});
  EXPECT_EQ(image[4 * 4], std::byte{200});
}

TEST(SingleRecord, RefusesATruthOfOtherLandmarks) {
  const auto index = landmark_index();
  SingleRecord record(index);
  const pack::Film film{{{8, 8}, 1, std::vector<std::byte>(64)}, 0, {{{2, 4}}}};
  hpctrain::test::expect_error(Fault::data, {"1 landmarks", "answers 2"}, [&] { record.write_film(film); });
}

}  // namespace
}  // namespace hpctrain::tools
