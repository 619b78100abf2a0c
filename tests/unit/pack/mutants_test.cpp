// Sources damaged at random: every reader answers with a value inside its bounds or with one data error.
#include "support/mutants.hpp"

#include "core/file_system.hpp"
#include "pack/cifar_source.hpp"
#include "pack/idx_file.hpp"
#include "pack/image_file.hpp"
#include "pack/isbi2015_annotation.hpp"
#include "pack/stl10_source.hpp"
#include "unit/pack/support/archive_fixture.hpp"
#include "unit/pack/support/bmp_fixture.hpp"
#include "unit/pack/support/idx_fixture.hpp"
#include "unit/pack/support/isbi_fixture.hpp"
#include "unit/pack/support/picture_fixture.hpp"

namespace hpctrain::pack {
namespace {

using hpctrain::test::expect_survives_mutants;
using hpctrain::test::TemporaryFolder;

TEST(Mutants, OfAnAnnotationAreRefusedOrRead) {
  const std::string sound = test::joined(test::annotation_lines());
  expect_survives_mutants(sound, 20'000, {Fault::data}, [](const std::string& text) {
    parse_annotation(text, "mutant.txt", ImageSize{193, 240});
  });
}

TEST(Mutants, OfAnIdxFileAreRefusedOrRead) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "images";
  expect_survives_mutants(test::IdxFolder::images(0, 3), 1'000, {Fault::data}, [&](const std::string& bytes) {
    test::write_bytes(path, bytes);
    const IdxArray array = read_idx_file(path, 3);
    EXPECT_EQ(array.bytes.size(), array.num_records() * array.record_bytes());
  });
}

TEST(Mutants, OfAGzippedIdxFileAreRefusedOrRead) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "images.gz";
  test::write_gzip(path, test::IdxFolder::images(0, 30));
  const std::string sound = posix_file_system().read_file(path);
  expect_survives_mutants(sound, 1'000, {Fault::data}, [&](const std::string& bytes) {
    test::write_bytes(path, bytes);
    read_idx_file(path, 3);
  });
}

/// Damages one file of an archive's folder at a time and reads the source to its end.
template <typename ReadAll>
void expect_archive_survives(const std::filesystem::path& file, std::size_t rounds, const ReadAll& read_all) {
  const std::string sound = posix_file_system().read_file(file);
  expect_survives_mutants(sound, rounds, {Fault::data}, [&](const std::string& bytes) {
    test::write_bytes(file, bytes);
    read_all();
  });
  test::write_bytes(file, sound);
}

void read_all_records(const Source& source) {
  std::vector<std::vector<std::byte>> rows;
  for (const data::FieldSchema& field : source.fields()) rows.emplace_back(field.row_bytes);
  const std::vector<std::span<std::byte>> spans(rows.begin(), rows.end());
  std::uint64_t records = 0;
  for (const SourceSplit& split : source.splits()) records += split.num_samples;
  for (std::uint64_t record = 0; record < records; ++record) source.read_record(record, spans);
}

TEST(Mutants, OfACifarBatchAreRefusedOrRead) {
  const TemporaryFolder folder;
  test::write_cifar10(folder.path());
  for (const char* name : {"data_batch_2.bin", "batches.meta.txt"}) {
    expect_archive_survives(folder / name, 300,
                            [&] { read_all_records(CifarSource(folder.path(), CifarFlavour::ten)); });
  }
}

TEST(Mutants, OfAnStl10ArchiveAreRefusedOrRead) {
  const TemporaryFolder folder;
  test::write_stl10(folder.path());
  for (const char* name : {"test_y.bin", "class_names.txt", "fold_indices.txt"}) {
    expect_archive_survives(folder / name, 100, [&] { read_all_records(Stl10Source(folder.path())); });
  }
}

struct SoundPicture {
  const char* name;
  std::string bytes;
};

class PictureMutants : public testing::TestWithParam<SoundPicture> {};

TEST_P(PictureMutants, AreRefusedOrRead) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "picture";
  expect_survives_mutants(GetParam().bytes, 1'000, {Fault::data}, [&](const std::string& bytes) {
    test::write_bytes(path, bytes);
    const ImageHeader header = read_image_header(path);
    const Image image = read_image_file(path);
    EXPECT_EQ(image.size, header.size);
    EXPECT_EQ(image.pixels.size(), image.size.width * image.size.height * image.channels);
  });
}

INSTANTIATE_TEST_SUITE_P(Mutants, PictureMutants,
                         testing::Values(SoundPicture{"Png", test::png_bytes({})},
                                         SoundPicture{"Jpeg", test::colour_jpeg()},
                                         SoundPicture{"ProgressiveJpeg", test::progressive_jpeg()},
                                         SoundPicture{"TurnedJpeg", test::with_exif(test::grey_jpeg(), 6)},
                                         SoundPicture{"Bmp", test::bmp_bytes({})},
                                         SoundPicture{"ColouredBmp", test::bmp_bytes(test::coloured_bmp())}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace hpctrain::pack
