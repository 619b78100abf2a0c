// The cephalometric source against folders written by hand: layouts, splits, what a record holds, and what is wrong.
#include "pack/isbi2015_source.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/isbi_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;
using test::film_bytes;
using test::IsbiFolder;

SourceSettings settings_of(const IsbiFolder& folder, std::optional<ImageSize> size = std::nullopt) {
  SourceSettings settings;
  settings.path = folder.path();
  settings.size = size;
  return settings;
}

struct Record {
  std::vector<float> geometry, mean, junior, senior;
  std::vector<std::byte> image;
  std::int64_t number = 0;
};

template <class T>
std::span<std::byte> bytes_of(std::vector<T>& values, std::size_t count) {
  values.resize(count);
  return std::as_writable_bytes(std::span(values));
}

Record read(Isbi2015Source& source, std::uint64_t record) {
  Record result;
  const std::vector<std::span<std::byte>> rows{
      bytes_of(result.geometry, 4), bytes_of(result.image, source.fields()[1].row_bytes),
      bytes_of(result.mean, 38),    bytes_of(result.junior, 38),
      bytes_of(result.senior, 38),  std::as_writable_bytes(std::span(&result.number, 1))};
  source.read_record(record, rows);
  return result;
}

void expect_refused(const std::vector<std::string>& parts, const IsbiFolder& folder) {
  expect_error(Fault::data, parts, [&] { Isbi2015Source source(settings_of(folder)); });
}

TEST(Isbi2015Source, CountsFilmsBySplitThenNumber) {
  const IsbiFolder folder;
  folder.add_film("Test2Data", "301", film_bytes(4));
  folder.add_film("TrainingData", "010", film_bytes(2));
  folder.add_film("TrainingData", "009", film_bytes(1));
  folder.add_film("Test1Data", "151", film_bytes(3));
  Isbi2015Source source(settings_of(folder));
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"train", 2}, {"test1", 1}, {"test2", 1}}));
  const std::int64_t numbers[] = {9, 10, 151, 301};
  for (std::uint64_t record = 0; record < 4; ++record) EXPECT_EQ(read(source, record).number, numbers[record]);
}

TEST(Isbi2015Source, StoresBothDoctorsAndTheirMeanInStoredPixels) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  Isbi2015Source source(settings_of(folder, ImageSize{48, 60}));
  const Record record = read(source, 0);
  // 96 × 120 pixels at half size; centres at integers: 0.5 · x - 0.25.
  EXPECT_EQ(record.geometry, (std::vector<float>{0.5f, -0.25f, -0.25f, 0.1f}));
  for (std::size_t l = 0; l < 19; ++l) {
    const float x = 10 + 3 * static_cast<float>(l), y = 20 + 5 * static_cast<float>(l);
    EXPECT_FLOAT_EQ(record.junior[2 * l], 0.5f * x - 0.25f);
    EXPECT_FLOAT_EQ(record.senior[2 * l], 0.5f * (x + 2) - 0.25f);
    EXPECT_FLOAT_EQ(record.mean[2 * l], 0.5f * (x + 1) - 0.25f);
    EXPECT_FLOAT_EQ(record.mean[2 * l + 1], 0.5f * y - 0.25f);
  }
  EXPECT_EQ(record.image, std::vector<std::byte>(48 * 60, std::byte{7}));
}

TEST(Isbi2015Source, DescribesItsFieldsInOrderOfName) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  const std::vector<data::FieldSchema> fields = Isbi2015Source(settings_of(folder)).fields();
  const std::vector<std::string> names{"geometry",         "image", "landmarks", "landmarks_junior",
                                       "landmarks_senior", "number"};
  ASSERT_EQ(fields.size(), names.size());
  for (std::size_t f = 0; f < names.size(); ++f) EXPECT_EQ(fields[f].name, names[f]);
  EXPECT_EQ(fields[1].sample_shape, (std::vector<std::uint64_t>{256, 208, 1}));
  EXPECT_EQ(fields[2].landmark_names.size(), 19u);
  EXPECT_EQ(fields[2].landmark_names[15], "soft-tissue pogonion");
  EXPECT_EQ(fields[5].type, data::ElementType::i64);
}

TEST(Isbi2015Source, FilmsOfOneSetMayDifferInSize) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  folder.add_film("TrainingData", "002", film_bytes(7, 192, 240));
  Isbi2015Source source(settings_of(folder, ImageSize{96, 120}));
  EXPECT_EQ(read(source, 0).geometry[0], 1.0f);
  EXPECT_EQ(read(source, 1).geometry[0], 0.5f);
}

TEST(Isbi2015Source, ColouredFilmsBecomeGreyByLuma) {
  const IsbiFolder folder;
  test::BmpText text = test::coloured_bmp();
  text.width = 96;
  text.height = 120;
  text.pixels.clear();
  for (int i = 0; i < 96 * 120; ++i) text.pixels += std::string("\x0a\x64\xc8", 3);  // blue 10, green 100, red 200
  folder.add_film("TrainingData", "001", test::bmp_bytes(text));
  Isbi2015Source source(settings_of(folder, ImageSize{96, 120}));
  EXPECT_EQ(read(source, 0).image[0], std::byte{120});  // 0.299 · 200 + 0.587 · 100 + 0.114 · 10 = 119.64
}

TEST(Isbi2015Source, AcceptsLayoutsWithoutTheOuterFolders) {
  for (const auto& [images, annotations] :
       std::vector<std::pair<std::string, std::string>>{{"RawImage", "."}, {".", "."}, {".", "AnnotationsByMD"}}) {
    const IsbiFolder folder(images, annotations);
    folder.add_film("Test1Data", "151", film_bytes(7));
    EXPECT_EQ(Isbi2015Source(settings_of(folder)).splits(), (std::vector<SourceSplit>{{"test1", 1}}));
  }
}

TEST(Isbi2015Source, MarksWithoutFilmAndOtherFilesDoNotMatter) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  test::write_bytes(folder.junior("002"), "");
  test::write_bytes(folder.images / "TrainingData" / "Thumbs.db", "x");
  EXPECT_EQ(Isbi2015Source(settings_of(folder)).splits(), (std::vector<SourceSplit>{{"train", 1}}));
}

TEST(Isbi2015Source, TakesAFifthOfTheTrainingFilmsForValidation) {
  for (const auto& [films, expected] : std::vector<std::pair<int, std::uint64_t>>{{1, 0}, {2, 1}, {5, 1}, {6, 2}}) {
    const IsbiFolder folder;
    for (int i = 1; i <= films; ++i) folder.add_film("TrainingData", "00" + std::to_string(i), film_bytes(7));
    EXPECT_EQ(Isbi2015Source(settings_of(folder)).default_validation_samples(), expected) << films;
  }
}

TEST(Isbi2015Source, ItsIdentityFollowsFilmsMarksAndSettings) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  const std::string identity = Isbi2015Source(settings_of(folder)).identity();
  EXPECT_EQ(Isbi2015Source(settings_of(folder)).identity(), identity);
  EXPECT_NE(Isbi2015Source(settings_of(folder, ImageSize{96, 120})).identity(), identity);
  SourceSettings spaced = settings_of(folder);
  spaced.spacing_mm = 0.2;
  EXPECT_NE(Isbi2015Source(spaced).identity(), identity);
  test::write_bytes(folder.senior("001"), test::joined(test::annotation_lines(3)));
  const std::string other_marks = Isbi2015Source(settings_of(folder)).identity();
  EXPECT_NE(other_marks, identity);
  folder.add_film("TrainingData", "001", film_bytes(8));
  EXPECT_NE(Isbi2015Source(settings_of(folder)).identity(), identity);
}

TEST(Isbi2015Source, NamesAFilmWithoutOneOfItsDoctors) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  std::filesystem::remove(folder.senior("001"));
  expect_refused({"001.bmp", "400_senior has no file", "400_senior/001.txt"}, folder);
  std::filesystem::remove_all(folder.annotations / "400_junior");
  expect_refused({"400_junior", "is not there", "unpack both"}, folder);
}

TEST(Isbi2015Source, RefusesOneNumberTwice) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  folder.add_film("Test1Data", "001", film_bytes(7));
  expect_refused({"Test1Data/001.bmp", "TrainingData/001.bmp", "both have number 1"}, folder);
  std::filesystem::remove(folder.images / "Test1Data" / "001.bmp");
  test::write_bytes(folder.images / "TrainingData" / "1.bmp", film_bytes(7));
  expect_refused({"1.bmp", "001.bmp", "both have number 1"}, folder);
}

TEST(Isbi2015Source, RefusesAFilmThatIsNotNamedByANumber) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  test::write_bytes(folder.images / "TrainingData" / "001 copy.bmp", film_bytes(7));
  expect_refused({"001 copy.bmp", "not named by a film's number"}, folder);
}

TEST(Isbi2015Source, RefusesAFolderWithoutFilms) {
  const IsbiFolder folder;
  expect_refused({folder.path().string(), "no film NNN.bmp"}, folder);
  SourceSettings missing;
  missing.path = folder.path() / "none";
  expect_error(Fault::data, {"none", "is no folder"}, [&] { Isbi2015Source source(missing); });
}

TEST(Isbi2015Source, RefusesPhantomsThatAreNotAllThere) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  test::write_bytes(folder.path() / ".hpctrain-drawing", "");
  expect_refused({folder.path().string(), "unfinished set of phantoms", "delete the folder"}, folder);
}

TEST(Isbi2015Source, PhantomsWithTheirTruthAreAllThereWhateverTheMarkerSays) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  test::write_bytes(folder.path() / ".hpctrain-drawing", "");
  test::write_bytes(folder.path() / "truth.csv", "film");
  EXPECT_EQ(Isbi2015Source(settings_of(folder)).splits(), (std::vector<SourceSplit>{{"train", 1}}));
}

TEST(Isbi2015Source, SaysWhereItsFilmsArePhantoms) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  EXPECT_EQ(Isbi2015Source(settings_of(folder)).kind(), "isbi2015");
  EXPECT_EQ(Isbi2015Source(settings_of(folder)).note(), "");
  test::write_bytes(folder.path() / "PHANTOM.txt", "drawings");
  EXPECT_EQ(Isbi2015Source(settings_of(folder)).kind(), "phantom-isbi2015");
  EXPECT_NE(Isbi2015Source(settings_of(folder)).note().find("not patients"), std::string::npos);
}

TEST(Isbi2015Source, RefusesDoctorsWhoAreOutOfStep) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7, 1935, 2400));
  std::vector<std::string> lines = test::annotation_lines();
  lines[6] = "28,351";  // 30.1 mm below the junior's 28,50
  test::write_bytes(folder.senior("001"), test::joined(lines));
  expect_refused({"001.bmp", "out of step", "L7 (pogonion)", "30 mm apart", "400_junior", "400_senior"}, folder);
  lines[6] = "28,350";
  test::write_bytes(folder.senior("001"), test::joined(lines));
  EXPECT_EQ(Isbi2015Source(settings_of(folder)).splits().size(), 1u);
}

TEST(Isbi2015Source, RefusesFilmsThatAreCutShortBeforePacking) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7).substr(0, 5000));
  expect_refused({"001.bmp", "is cut short"}, folder);
}

TEST(Isbi2015Source, RefusesASizeThatNoPictureHas) {
  const IsbiFolder folder;
  folder.add_film("TrainingData", "001", film_bytes(7));
  for (const ImageSize size : {ImageSize{65537, 1}, ImageSize{1ull << 63, 4}, ImageSize{65536, 65536}}) {
    expect_error(Fault::usage, {"--size", "208x256"}, [&] { Isbi2015Source source(settings_of(folder, size)); });
  }
}

}  // namespace
}  // namespace hpctrain::pack
