#include "tools/single_record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "pack/image_file.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"
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

/// 4×4 grey pixels that the loader delivers of encoded pictures.
std::vector<std::byte> decoded(const std::filesystem::path& path, const std::optional<PackedFit>& packed) {
  hpctrain::test::PackedRecords records({0});
  records.add_images(4, 4, 1, std::vector<std::uint8_t>(16));
  const auto index = records.index();
  SingleRecord record(index);
  record.write_encoded(path, packed);
  const auto batch = record.batch();
  const auto row = batch.rows[index.field_position("image")];
  return {row.begin(), row.end()};
}

std::filesystem::path save_columns(const std::filesystem::path& folder, const std::vector<std::uint8_t>& columns) {
  pack::Image image{{columns.size(), 4}, 1, {}};
  for (std::size_t y = 0; y < 4; ++y) {
    for (const auto level : columns) image.pixels.push_back(std::byte{level});
  }
  const auto path = folder / (std::to_string(columns.size()) + ".png");
  pack::save_png(path, image);
  return path;
}

TEST(SingleRecord, BringsAPictureToThePackedSizeAsThePackerDoes) {
  const hpctrain::test::TemporaryFolder folder;
  const auto wide = save_columns(folder.path(), {250, 250, 10, 20, 30, 40, 250, 250});
  const auto cropped = decoded(wide, PackedFit{{4, 4}, pack::Fit::crop});
  for (std::size_t i = 0; i < cropped.size(); ++i) EXPECT_EQ(cropped[i], std::byte(10 * (i % 4 + 1))) << i;
  const auto padded = decoded(wide, PackedFit{{4, 4}, pack::Fit::pad});
  EXPECT_EQ(padded[0], std::byte{0});
  EXPECT_GT(padded[4], std::byte{100});
  const auto stretched = decoded(wide, std::nullopt);
  EXPECT_GT(stretched[0], std::byte{100});
}

TEST(SingleRecord, LeavesAPictureOfThePackedSizeAsItIs) {
  const hpctrain::test::TemporaryFolder folder;
  const auto same = save_columns(folder.path(), {10, 90, 30, 200});
  EXPECT_EQ(decoded(same, PackedFit{{4, 4}, pack::Fit::pad}), decoded(same, std::nullopt));
}

}  // namespace
}  // namespace hpctrain::tools
