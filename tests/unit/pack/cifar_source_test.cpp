// CIFAR against files written byte by byte in the layout of its archives.
#include "pack/cifar_source.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "core/error.hpp"
#include "support/expect_error.hpp"
#include "unit/pack/support/archive_fixture.hpp"

namespace hpctrain::pack {
namespace {

using hpctrain::test::expect_error;
using hpctrain::test::TemporaryFolder;

/// Rows of one record: every field has its own buffer.
std::vector<std::vector<std::byte>> read(const Source& source, std::uint64_t record) {
  std::vector<std::vector<std::byte>> rows;
  for (const data::FieldSchema& field : source.fields()) rows.emplace_back(field.row_bytes);
  const std::vector<std::span<std::byte>> spans(rows.begin(), rows.end());
  source.read_record(record, spans);
  return rows;
}

std::int64_t number(const std::vector<std::byte>& row) {
  std::int64_t value = 0;
  std::memcpy(&value, row.data(), sizeof value);
  return value;
}

void expect_picture(const std::vector<std::byte>& row, unsigned record) {
  for (unsigned y = 0; y < 32; ++y) {
    for (unsigned x = 0; x < 32; ++x) {
      for (unsigned c = 0; c < 3; ++c) {
        ASSERT_EQ(std::to_integer<unsigned>(row[(y * 32 + x) * 3 + c]), test::plane_byte(record, c, y, x));
      }
    }
  }
}

TEST(CifarSource, ReadsAllSixFilesOfCifar10InOrder) {
  const TemporaryFolder folder;
  test::write_cifar10(folder.path());
  const CifarSource source(folder.path(), CifarFlavour::ten);
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"train", 10}, {"test", 2}}));
  EXPECT_EQ(source.kind(), "cifar10");
  for (unsigned record = 0; record < 12; ++record) {
    const auto rows = read(source, record);
    expect_picture(rows[0], record);
    EXPECT_EQ(number(rows[1]), record % 10);
  }
}

TEST(CifarSource, GivesCifar100BothItsLabels) {
  const TemporaryFolder folder;
  test::write_cifar100(folder / "cifar-100-binary");
  const CifarSource source(folder.path(), CifarFlavour::hundred);
  const auto fields = source.fields();
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].name, "coarse_label");
  EXPECT_EQ(fields[0].num_classes, 20u);
  EXPECT_EQ(fields[1].name, "image");
  EXPECT_EQ(fields[2].name, "label");
  EXPECT_EQ(fields[2].class_names[99], "fine 99");
  for (unsigned record = 0; record < 8; ++record) {
    const auto rows = read(source, record);
    EXPECT_EQ(number(rows[0]), 19 - record);
    expect_picture(rows[1], record);
    EXPECT_EQ(number(rows[2]), 99 - record);
  }
}

TEST(CifarSource, ItsIdentityFollowsItsContent) {
  const TemporaryFolder folder;
  test::write_cifar10(folder / "a");
  test::write_cifar10(folder / "b");
  EXPECT_EQ(CifarSource(folder / "a", CifarFlavour::ten).identity(),
            CifarSource(folder / "b", CifarFlavour::ten).identity());
  test::write_text(folder / "b/test_batch.bin", std::string(1, '\3') + test::planes_by_rows(77, 32));
  EXPECT_NE(CifarSource(folder / "a", CifarFlavour::ten).identity(),
            CifarSource(folder / "b", CifarFlavour::ten).identity());
}

/// Reading CIFAR-10 after `damage` must fail with all of `parts` in the message.
void expect_damage(const std::vector<std::string>& parts,
                   const std::function<void(const std::filesystem::path&)>& damage) {
  const TemporaryFolder folder;
  const std::filesystem::path inner = folder / "cifar-10-batches-bin";
  test::write_cifar10(inner);
  damage(inner);
  expect_error(Fault::data, parts, [&] { CifarSource(folder.path(), CifarFlavour::ten); });
}

TEST(CifarSource, NamesWhatIsMissing) {
  const std::string archive = "cifar-10-binary.tar.gz";
  expect_damage({"data_batch_3.bin: is missing", archive}, [](const auto& f) { remove(f / "data_batch_3.bin"); });
  expect_damage({"batches.meta.txt: is missing", archive}, [](const auto& f) { remove(f / "batches.meta.txt"); });
  expect_error(Fault::data, {"/nowhere: is missing", archive}, [] { CifarSource("/nowhere", CifarFlavour::ten); });
}

TEST(CifarSource, TellsTheVersionForPythonAndCompressedFiles) {
  expect_damage({"data_batch_1: is the version for Python"},
                [](const auto& f) { rename(f / "data_batch_1.bin", f / "data_batch_1"); });
  expect_damage({"data_batch_1.bin", "looks like the version for Python"},
                [](const auto& f) { test::write_text(f / "data_batch_1.bin", "\x80\2}q"); });
  expect_damage({"test_batch.bin.gz: is compressed", "gunzip"},
                [](const auto& f) { rename(f / "test_batch.bin", f / "test_batch.bin.gz"); });
  expect_damage({"test_batch.bin", "compressed with gzip"},
                [](const auto& f) { test::write_text(f / "test_batch.bin", "\x1f\x8b\b"); });
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "cifar-10-batches-py");
  expect_error(Fault::data, {"cifar-10-batches-py: is the version for Python"},
               [&] { CifarSource(folder.path(), CifarFlavour::ten); });
}

TEST(CifarSource, RefusesCutFilesAndLabelsWithoutAClass) {
  expect_damage({"data_batch_2.bin: has 6145 bytes", "records of 3073 bytes"},
                [](const auto& f) { resize_file(f / "data_batch_2.bin", 2 * 3073 - 1); });
  expect_damage({"data_batch_2.bin: is empty"}, [](const auto& f) { resize_file(f / "data_batch_2.bin", 0); });
  expect_damage({"test_batch.bin: label 10 of record 0 is outside 0 to 9"}, [](const auto& f) {
    test::write_text(f / "test_batch.bin", std::string(1, '\12') + test::planes_by_rows(1, 32));
  });
  expect_damage({"batches.meta.txt: names 9 classes, not 10"},
                [](const auto& f) { test::write_text(f / "batches.meta.txt", test::names_text("class ", 9)); });
  expect_damage({"batches.meta.txt: names more than 10 classes"},
                [](const auto& f) { test::write_text(f / "batches.meta.txt", test::names_text("class ", 11)); });
}

}  // namespace
}  // namespace hpctrain::pack
