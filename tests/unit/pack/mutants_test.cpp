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

TEST(Mutants, OfPlainAndGzippedIdxFilesAreRefusedOrRead) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "images";
  const std::string plain = test::IdxFolder::images(0, 3);
  test::write_gzip(path, plain);
  const std::string gzipped = posix_file_system().read_file(path);
  expect_survives_mutants({plain, gzipped}, 2'000, {Fault::data}, [&](const std::string& bytes, std::size_t) {
    test::write_bytes(path, bytes);
    const IdxArray array = read_idx_file(path, 3);
    EXPECT_EQ(array.bytes.size(), array.num_records() * array.record_bytes());
  });
}

void read_all_records(const Source& source) {
  std::vector<std::vector<std::byte>> rows;
  for (const data::FieldSchema& field : source.fields()) rows.emplace_back(field.row_bytes);
  const std::vector<std::span<std::byte>> spans(rows.begin(), rows.end());
  std::uint64_t records = 0;
  for (const SourceSplit& split : source.splits()) records += split.num_samples;
  for (std::uint64_t record = 0; record < records; ++record) source.read_record(record, spans);
}

/// Damages one of the files of an archive's folder at a time and reads the source to its end.
template <typename ReadAll>
void expect_archive_survives(const TemporaryFolder& folder, const std::vector<std::string>& names,
                             const ReadAll& read_all) {
  std::vector<std::string> sounds;
  for (const std::string& name : names) sounds.push_back(posix_file_system().read_file(folder / name));
  expect_survives_mutants(sounds, 200 * names.size(), {Fault::data}, [&](const std::string& bytes, std::size_t which) {
    for (std::size_t i = 0; i < names.size(); ++i) test::write_bytes(folder / names[i], i == which ? bytes : sounds[i]);
    read_all();
  });
}

TEST(Mutants, OfCifarBatchesAreRefusedOrRead) {
  const TemporaryFolder folder;
  test::write_cifar10(folder.path());
  expect_archive_survives(folder, {"data_batch_2.bin", "batches.meta.txt"},
                          [&] { read_all_records(CifarSource(folder.path(), CifarFlavour::ten)); });
}

TEST(Mutants, OfStl10ArchivesAreRefusedOrRead) {
  const TemporaryFolder folder;
  test::write_stl10(folder.path());
  expect_archive_survives(folder, {"test_y.bin", "class_names.txt", "fold_indices.txt"}, [&] {
    const Stl10Source source(folder.path());
    read_all_records(source);
    source.own_training_folds();
  });
}

void expect_pictures_survive(const std::vector<std::string>& sounds) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "picture";
  expect_survives_mutants(sounds, 1'000, {Fault::data}, [&](const std::string& bytes, std::size_t) {
    test::write_bytes(path, bytes);
    const ImageHeader header = read_image_header(path);
    const Image image = read_image_file(path);
    EXPECT_EQ(image.size, header.size);
    EXPECT_EQ(image.pixels.size(), image.size.width * image.size.height * image.channels);
  });
}

TEST(Mutants, OfPngFilesAreRefusedOrRead) {
  const test::PngText coloured{.width = 2, .height = 1, .colour = 2, .chunks = {}, .rows = {"\0\1\2\3\4\5\6", 7}};
  expect_pictures_survive({test::png_bytes({}), test::png_bytes(coloured)});
}

TEST(Mutants, OfJpegFilesAreRefusedOrRead) {
  expect_pictures_survive({test::colour_jpeg(), test::progressive_jpeg(), test::with_exif(test::grey_jpeg(), 6)});
}

TEST(Mutants, OfBitmapsAreRefusedOrRead) {
  expect_pictures_survive({test::bmp_bytes({}), test::bmp_bytes(test::coloured_bmp())});
}

}  // namespace
}  // namespace hpctrain::pack
