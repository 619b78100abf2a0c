// Tables of landmarks: columns in every manner, what a record holds, and what is wrong with a line.
#include "pack/landmarks_csv_source.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/bmp_fixture.hpp"
#include "unit/pack/support/picture_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;
using test::png_bytes;
using test::PngText;

/// A table beside the pictures a.png and sub/b.png, both grey and 3 × 2, and c.png in colour and 2 × 1.
struct Table {
  explicit Table(const std::string& text) {
    std::filesystem::create_directories(folder / "sub");
    test::write_bytes(folder / "a.png", png_bytes({}));
    test::write_bytes(folder / "sub/b.png", png_bytes({}));
    const PngText colour{.width = 2, .height = 1, .colour = 2, .chunks = {}, .rows = {"\0\1\2\3\4\5\6", 7}};
    test::write_bytes(folder / "c.png", png_bytes(colour));
    settings.path = folder / "table.csv";
    test::write_bytes(settings.path, text);
  }

  hpctrain::test::TemporaryFolder folder;
  SourceSettings settings;
};

struct Record {
  std::vector<float> geometry = std::vector<float>(4), landmarks;
  std::vector<std::byte> image;
};

Record read(LandmarksCsvSource& source, std::uint64_t record) {
  const std::vector<data::FieldSchema> fields = source.fields();
  Record result;
  result.image.resize(fields[1].row_bytes);
  result.landmarks.resize(fields[2].row_bytes / sizeof(float));
  const std::vector<std::span<std::byte>> rows{std::as_writable_bytes(std::span(result.geometry)), result.image,
                                               std::as_writable_bytes(std::span(result.landmarks))};
  source.read_record(record, rows);
  return result;
}

void expect_refused(const std::string& text, const std::vector<std::string>& parts) {
  const Table table(text);
  expect_error(Fault::data, {"table.csv"}, [&] { LandmarksCsvSource source(table.settings); });
  expect_error(Fault::data, parts, [&] { LandmarksCsvSource source(table.settings); });
}

TEST(LandmarksCsvSource, PlacesLandmarksWhereThePictureWent) {
  Table table("image,x1,y1,x2,y2,spacing_mm\na.png,0,1,2,0.5,0.25\n");
  table.settings.size = ImageSize{6, 6};  // twice as large, one row of padding above and below
  LandmarksCsvSource source(table.settings);
  const Record record = read(source, 0);
  EXPECT_EQ(record.geometry, (std::vector<float>{2, 0.5, 1.5, 0.25}));
  EXPECT_EQ(record.landmarks, (std::vector<float>{0.5, 3.5, 4.5, 2.5}));
  EXPECT_EQ(record.image[0], std::byte{0});
  EXPECT_EQ(record.image[6], std::byte{10});
}

TEST(LandmarksCsvSource, DescribesItsFieldsAsTheProblemReadsThem) {
  Table table("image,x1,y1,x2,y2\na.png,0,1,2,0\n");
  table.settings.size = ImageSize{8, 4};
  const std::vector<data::FieldSchema> fields = LandmarksCsvSource(table.settings).fields();
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].name, "geometry");
  EXPECT_EQ(fields[0].sample_shape, (std::vector<std::uint64_t>{4}));
  EXPECT_EQ(fields[1].name, "image");
  EXPECT_EQ(fields[1].sample_shape, (std::vector<std::uint64_t>{4, 8, 1}));
  EXPECT_EQ(fields[2].name, "landmarks");
  EXPECT_EQ(fields[2].semantic, "landmarks");
  EXPECT_EQ(fields[2].axes, "");
  EXPECT_EQ(fields[2].type, data::ElementType::f32);
  EXPECT_EQ(fields[2].sample_shape, (std::vector<std::uint64_t>{2, 2}));
  EXPECT_TRUE(fields[2].landmark_names.empty());
}

TEST(LandmarksCsvSource, ReadsNamedColumnsInAnyOrder) {
  Table table("nasion_y,split,sella_x,image,sella_y,nasion_x\r\n1,test,2,a.png,0,0.5\r\n");
  table.settings.size = ImageSize{3, 2};
  LandmarksCsvSource source(table.settings);
  EXPECT_EQ(source.fields()[2].landmark_names, (std::vector<std::string>{"nasion", "sella"}));
  EXPECT_EQ(read(source, 0).landmarks, (std::vector<float>{0.5, 1, 2, 0}));
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"test", 1}}));
}

TEST(LandmarksCsvSource, SortsNumberedColumnsByNumber) {
  Table table("y2,x2,image,x1,y1\n0,1,a.png,2,1\n");
  table.settings.size = ImageSize{3, 2};
  LandmarksCsvSource source(table.settings);
  EXPECT_EQ(read(source, 0).landmarks, (std::vector<float>{2, 1, 1, 0}));
}

TEST(LandmarksCsvSource, AnEmptyPairIsNotANumber) {
  Table table("image,x1,y1,x2,y2\na.png,,,1,1\n");
  table.settings.size = ImageSize{3, 2};
  LandmarksCsvSource source(table.settings);
  const Record record = read(source, 0);
  EXPECT_TRUE(std::isnan(record.landmarks[0]) && std::isnan(record.landmarks[1]));
  EXPECT_EQ(record.landmarks[2], 1);
}

TEST(LandmarksCsvSource, TakesSplitsTogetherAndKeepsTheTablesOrderWithin) {
  Table table("image,x1,y1,split\nc.png,1,0,test2\nsub/b.png,1,0,\na.png,2,0,train\n");
  LandmarksCsvSource source(table.settings);
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"train", 2}, {"test2", 1}}));
  EXPECT_EQ(source.fields()[1].sample_shape.back(), 3u);  // c.png has colours
  const Record first = read(source, 0), second = read(source, 1);
  EXPECT_LT(first.landmarks[0], second.landmarks[0]);
}

TEST(LandmarksCsvSource, SpacingComesFromTheLineThenTheOptionThenIsNotKnown) {
  Table table("image,x1,y1,spacing_mm\na.png,1,0,0.5\nc.png,1,0,\n");
  LandmarksCsvSource unknown(table.settings);
  EXPECT_EQ(read(unknown, 0).geometry[3], 0.5f);
  EXPECT_EQ(read(unknown, 1).geometry[3], 0.0f);
  table.settings.spacing_mm = 0.125;
  LandmarksCsvSource known(table.settings);
  EXPECT_EQ(read(known, 0).geometry[3], 0.5f);
  EXPECT_EQ(read(known, 1).geometry[3], 0.125f);
}

TEST(LandmarksCsvSource, ItsSizeFollowsTheLargestSides) {
  EXPECT_EQ(plan_stored_size({1935, 2400}), (ImageSize{208, 256}));  // 206.4
  EXPECT_EQ(plan_stored_size({2400, 1935}), (ImageSize{256, 208}));
  EXPECT_EQ(plan_stored_size({10, 10}), (ImageSize{256, 256}));
  EXPECT_EQ(plan_stored_size({1000, 3}), (ImageSize{256, 16}));
}

TEST(LandmarksCsvSource, ItsIdentityFollowsTableAndPictures) {
  const std::string text = "image,x1,y1\na.png,1,0\n";
  Table table(text), same(text), other("image,x1,y1\na.png,1,0.5\n"), painted(text);
  test::write_bytes(painted.folder / "a.png", png_bytes({.chunks = {}, .rows = {"\0\1\2\3\0\4\5\6", 8}}));
  const std::string identity = LandmarksCsvSource(table.settings).identity();
  EXPECT_EQ(LandmarksCsvSource(same.settings).identity(), identity);
  EXPECT_NE(LandmarksCsvSource(other.settings).identity(), identity);
  EXPECT_NE(LandmarksCsvSource(painted.settings).identity(), identity);
}

TEST(LandmarksCsvSource, RefusesColumnsItCannotTell) {
  expect_refused("", {"is empty"});
  expect_refused("image,x1,y1\n", {"no line below"});
  expect_refused("picture,x1,y1\na.png,1,1\n", {"line 1", "\"picture\" is unknown"});
  expect_refused("x1,y1\n1,1\n", {"no column \"image\""});
  expect_refused("image\na.png\n", {"no columns of landmarks"});
  expect_refused("image,x1,y1,x1\na.png,1,1,1\n", {"column \"x1\" twice"});
  expect_refused("image,x1,y1,x3,y3\na.png,1,1,1,1\n", {"no columns x2, y2"});
  expect_refused("image,x1,y1,x2\na.png,1,1,1\n", {"no y column of landmark number 2"});
  expect_refused("image,sella_y\na.png,1\n", {"no x column of landmark sella"});
  expect_refused("image,x1,y1,a_x,a_y\na.png,1,1,1,1\n", {"both numbers and names"});
  expect_refused("image,n\xe4_x,n\xe4_y\na.png,1,1\n", {"line 1", "column 2", "save the table as UTF-8"});
  expect_refused("image;x1;y1\na.png;1;1\n", {"not separated by commas"});
}

TEST(LandmarksCsvSource, NamesTheLineThatIsWrong) {
  const std::string head = "image,x1,y1,x2,y2,spacing_mm,split\na.png,1,1,1,1,,\n";
  expect_refused(head + "c.png,1,0,1,0,\n", {"line 3", "has 6 cells, the first line 7"});
  expect_refused(head + "c.png,1,0,1,,,\n", {"line 3", "landmark 2 has x only"});
  expect_refused(head + "c.png,,0,1,0,,\n", {"line 3", "landmark 1 has y only"});
  expect_refused(head + "c.png,1,0,1,zero,,\n", {"line 3", "landmark 2", "\"zero\", which is no number"});
  expect_refused(head + "c.png,nan,0,1,0,,\n", {"line 3", "\"nan\", which is no number"});
  expect_refused(head + "c.png,1,0,1,0,0,\n", {"line 3", "spacing_mm is \"0\""});
  expect_refused(head + "c.png,1,0,1,0,1e-7,\n", {"line 3", "spacing_mm is \"1e-7\"", "from 1e-06 to 1000"});
  expect_refused(head + "c.png,1,0,1,0,1e300,\n", {"line 3", "spacing_mm is \"1e300\""});
  expect_refused(head + "c.png,1,0,1,0,-1,\n", {"line 3", "spacing_mm is \"-1\""});
  expect_refused(head + "c.png,1,0,1,0,,dev\n", {"line 3", "split \"dev\" is unknown", "train, validation, test"});
  expect_refused(head + ",1,0,1,0,,\n", {"line 3", "names no picture"});
  expect_refused(head + "./a.png,1,0,1,0,,\n", {"line 3", "stands in line 2 already"});
  expect_refused(head + "none.png,1,0,1,0,,\n", {"line 3", "none.png: is missing"});
  expect_refused(head + "table.csv,1,0,1,0,,\n", {"line 3", "no BMP, PNG or JPEG"});
}

TEST(LandmarksCsvSource, LeavesOutLandmarkNamesThatDoNotFit) {
  std::string head = "image", cells = "a.png";
  for (int k = 0; k < 300; ++k) {
    const std::string name = std::string(210, 'n') + std::to_string(k);
    head += "," + name + "_x," + name + "_y";
    cells += ",1,0";
  }
  const Table table(head + "\n" + cells + "\n");
  LandmarksCsvSource source(table.settings);
  EXPECT_EQ(source.fields()[2].sample_shape, (std::vector<std::uint64_t>{300, 2}));
  EXPECT_TRUE(source.fields()[2].landmark_names.empty());
  EXPECT_NE(source.note().find("left out the names of the landmarks"), std::string::npos);
  EXPECT_EQ(LandmarksCsvSource(Table("image,a_x,a_y\na.png,1,0\n").settings).note(), "");
}

TEST(LandmarksCsvSource, LandmarksReachHalfAPixelBeyondTheCentresOfTheBorder) {
  const Table whole("image,x1,y1,x2,y2\na.png,-0.5,-0.5,2.5,1.5\n");
  EXPECT_NO_THROW(LandmarksCsvSource source(whole.settings));
  expect_refused("image,x1,y1\na.png,2.6,1\n", {"line 2", "landmark 1 is at (2.6, 1)", "a.png of 3 × 2 pixels"});
  expect_refused("image,sella_x,sella_y\na.png,1,-0.6\n", {"line 2", "landmark sella is at (1, -0.6)"});
}

}  // namespace
}  // namespace hpctrain::pack
