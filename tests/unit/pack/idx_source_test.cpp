// The idx reader against files written by hand, and against every kind of damage.
#include "pack/idx_source.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "pack/idx_file.hpp"
#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/idx_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;
using test::IdxFolder;

TEST(IdxSource, ReadsPlainAndGzippedFilesRecordByRecord) {
  const IdxFolder folder;
  IdxSource source(folder.folder.path());
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"train", 30}, {"test", 12}}));
  std::vector<std::byte> image(6), label(8);
  const std::vector<std::span<std::byte>> rows{image, label};
  for (unsigned record = 0; record < 42; ++record) {
    source.read_record(record, rows);
    std::int64_t value = -1;
    std::memcpy(&value, label.data(), 8);
    EXPECT_EQ(value, test::label_byte(record));
    for (unsigned j = 0; j < 6; ++j) EXPECT_EQ(image[j], static_cast<std::byte>(test::image_byte(record, j)));
  }
}

TEST(IdxSource, DescribesImagesAndLabels) {
  const IdxFolder folder;
  const std::vector<data::FieldSchema> fields = IdxSource(folder.folder.path(), 12).fields();
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].name, "image");
  EXPECT_EQ(fields[0].axes, "HWC");
  EXPECT_EQ(fields[0].sample_shape, (std::vector<std::uint64_t>{2, 3, 1}));
  EXPECT_EQ(fields[0].row_bytes, 6u);
  EXPECT_EQ(fields[1].name, "label");
  EXPECT_EQ(fields[1].type, data::ElementType::i64);
  EXPECT_EQ(fields[1].num_classes, 12u);
}

TEST(IdxSource, ItsIdentityFollowsItsContent) {
  const IdxFolder folder, same, other(31, 11);
  EXPECT_EQ(IdxSource(folder.folder.path()).identity(), IdxSource(same.folder.path()).identity());
  EXPECT_NE(IdxSource(folder.folder.path()).identity(), IdxSource(other.folder.path()).identity());
}

TEST(IdxFile, TurnsEveryElementTypeIntoNativeOrder) {
  const IdxFolder folder;
  const std::filesystem::path path = folder.path("numbers");
  const auto first = [&](unsigned type, const std::string& element) {
    test::write_plain(path, test::idx_bytes(type, {1}, element));
    return read_idx_file(path, 1);
  };
  const auto value_of = [](const IdxArray& array, auto value) {
    std::memcpy(&value, array.bytes.data(), sizeof value);
    return value;
  };
  EXPECT_EQ(value_of(first(0x08, "\xfe"), std::uint8_t{}), 254);
  EXPECT_EQ(value_of(first(0x09, "\xfe"), std::int8_t{}), -2);
  EXPECT_EQ(value_of(first(0x0B, std::string("\x01\x02", 2)), std::int16_t{}), 0x0102);
  EXPECT_EQ(value_of(first(0x0C, std::string("\x01\x02\x03\x04", 4)), std::int32_t{}), 0x01020304);
  EXPECT_EQ(value_of(first(0x0D, std::string("\x3f\xc0\x00\x00", 4)), float{}), 1.5f);
  EXPECT_EQ(value_of(first(0x0E, std::string("\xc0\x04\x00\x00\x00\x00\x00\x00", 8)), double{}), -2.5);
}

/// Reading the folder after `damage` must fail with all of `parts` in the message.
void expect_damage(const std::vector<std::string>& parts, const std::function<void(const IdxFolder&)>& damage) {
  const IdxFolder folder;
  damage(folder);
  expect_error(Fault::data, parts, [&] { IdxSource source(folder.folder.path()); });
}

TEST(IdxSource, NamesAMissingFileAndWhereToGetIt) {
  expect_damage({"train-labels-idx1-ubyte", "dataset-fashion-mnist"},
                [](const IdxFolder& f) { std::filesystem::remove(f.path("train-labels-idx1-ubyte")); });
}

TEST(IdxSource, RefusesAWrongMagic) {
  const std::string cure = "fetch the file again";
  for (const std::string& bytes :
       {test::idx_bytes(0x0A, {30, 2, 3}, std::string(180, 'x')), IdxFolder::labels(0, 30),
        std::string("<html>no</html>"), std::string("\x01\x00\x08\x03", 4) + std::string(200, 'x')}) {
    expect_damage({"train-images-idx3-ubyte", "0x00000803", cure},
                  [&](const IdxFolder& f) { test::write_plain(f.path("train-images-idx3-ubyte"), bytes); });
  }
}

TEST(IdxSource, RefusesFilesThatAreCutShortOrTooLong) {
  expect_damage({"train-images-idx3-ubyte", "ends after 170 of 180 bytes"},
                [](const IdxFolder& f) { std::filesystem::resize_file(f.path("train-images-idx3-ubyte"), 16 + 170); });
  expect_damage({"train-images-idx3-ubyte", "inside its head"},
                [](const IdxFolder& f) { std::filesystem::resize_file(f.path("train-images-idx3-ubyte"), 9); });
  expect_damage({"train-labels-idx1-ubyte", "goes on after its 30 bytes"}, [](const IdxFolder& f) {
    test::write_plain(f.path("train-labels-idx1-ubyte"), IdxFolder::labels(0, 30) + "x");
  });
}

TEST(IdxSource, RefusesAGzipFileCutAtAnyPlace) {
  const IdxFolder whole;
  const std::uint64_t bytes = std::filesystem::file_size(whole.path("t10k-images-idx3-ubyte.gz"));
  for (std::uint64_t kept = 1; kept < bytes; ++kept) {
    expect_damage({"t10k-images-idx3-ubyte.gz"},
                  [&](const IdxFolder& f) { std::filesystem::resize_file(f.path("t10k-images-idx3-ubyte.gz"), kept); });
  }
}

TEST(IdxSource, SaysThatAGzipFileIsCutShortOrDamaged) {
  expect_damage({"t10k-images-idx3-ubyte.gz", "gzip file is cut short"},
                [](const IdxFolder& f) { std::filesystem::resize_file(f.path("t10k-images-idx3-ubyte.gz"), 60); });
  expect_damage({"t10k-images-idx3-ubyte.gz", "gzip file is damaged"}, [](const IdxFolder& f) {
    data::test::flip_bit(f.path("t10k-images-idx3-ubyte.gz"),
                         std::filesystem::file_size(f.path("t10k-images-idx3-ubyte.gz")) - 6);
  });
}

TEST(IdxSource, AHeadThatLiesAboutItsSizeCostsNoMemory) {
  expect_damage({"train-images-idx3-ubyte", "ends after 5 of"}, [](const IdxFolder& f) {
    test::write_plain(f.path("train-images-idx3-ubyte"), test::idx_bytes(0x0E, {0xffffffff, 0xffff, 0xff}, "12345"));
  });
  expect_damage({"train-images-idx3-ubyte", "impossible size"}, [](const IdxFolder& f) {
    test::write_plain(f.path("train-images-idx3-ubyte"),
                      test::idx_bytes(0x0E, {0xffffffff, 0xffffffff, 0xffffffff}, "12345"));
  });
}

TEST(IdxSource, RefusesImagesAndLabelsOfDifferentNumber) {
  expect_damage({"train-images-idx3-ubyte", "30 images", "29 labels"}, [](const IdxFolder& f) {
    test::write_plain(f.path("train-labels-idx1-ubyte"), IdxFolder::labels(0, 29));
  });
}

TEST(IdxSource, RefusesALabelOutsideTheClasses) {
  expect_damage({"train-labels-idx1-ubyte", "label 200 of record 3 is outside 0 to 9", "--classes"},
                [](const IdxFolder& f) {
                  std::string bytes = IdxFolder::labels(0, 30);
                  bytes[8 + 3] = static_cast<char>(200);
                  test::write_plain(f.path("train-labels-idx1-ubyte"), bytes);
                });
}

TEST(IdxSource, SaysThatLabelsCountFromOne) {
  expect_damage({"t10k-labels-idx1-ubyte.gz", "label 10 of record", "count from 1", "take 1 off"},
                [](const IdxFolder& f) {
                  std::string bytes = IdxFolder::labels(0, 12);
                  for (std::size_t i = 8; i < bytes.size(); ++i) ++bytes[i];
                  test::write_gzip(f.path("t10k-labels-idx1-ubyte.gz"), bytes);
                });
}

TEST(IdxSource, RefusesTestImagesOfAnotherShapeAndEmptyFiles) {
  expect_damage({"2×3 u8", "3×2 u8"}, [](const IdxFolder& f) {
    test::write_gzip(f.path("t10k-images-idx3-ubyte.gz"), test::idx_bytes(0x08, {12, 3, 2}, std::string(72, 'x')));
  });
  expect_damage({"train-images-idx3-ubyte", "holds no images"}, [](const IdxFolder& f) {
    test::write_plain(f.path("train-images-idx3-ubyte"), IdxFolder::images(0, 0));
    test::write_plain(f.path("train-labels-idx1-ubyte"), IdxFolder::labels(0, 0));
  });
}

}  // namespace
}  // namespace hpctrain::pack
