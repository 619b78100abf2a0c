// STL-10 against files written byte by byte in the layout of its archive.
#include "pack/stl10_source.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <utility>

#include "core/error.hpp"
#include "pack/fold_split.hpp"
#include "support/expect_error.hpp"
#include "unit/pack/support/archive_fixture.hpp"

namespace hpctrain::pack {
namespace {

using hpctrain::test::expect_error;
using hpctrain::test::TemporaryFolder;

TEST(Stl10Source, TurnsColumnsIntoRowsAndCountsLabelsFromZero) {
  const TemporaryFolder folder;
  test::write_stl10(folder / "stl10_binary");
  const Stl10Source source(folder.path());
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"train", 20}, {"test", 4}, {"unlabeled", 3}}));
  std::vector<std::byte> image(27648), label(8);
  const std::vector<std::span<std::byte>> rows{image, label};
  for (unsigned record = 0; record < 27; ++record) {
    source.read_record(record, rows);
    std::int64_t value = 0;
    std::memcpy(&value, label.data(), sizeof value);
    EXPECT_EQ(value, record < 24 ? static_cast<int>(record % 10) : -1) << record;
    for (unsigned i = 0; i < 27648; ++i) {
      ASSERT_EQ(std::to_integer<unsigned>(image[i]), test::plane_byte(record, i % 3, i / 3 / 96, i / 3 % 96));
    }
  }
}

TEST(Stl10Source, DoesWithoutTheUnlabelledPictures) {
  const TemporaryFolder folder;
  test::write_stl10(folder.path());
  std::filesystem::remove(folder / "unlabeled_X.bin");
  EXPECT_EQ(Stl10Source(folder.path()).splits(), (std::vector<SourceSplit>{{"train", 20}, {"test", 4}}));
}

TEST(Stl10Source, TrainsOnOneOfItsOwnFoldsAndValidatesOnTheRest) {
  const TemporaryFolder folder;
  test::write_stl10(folder.path());
  const FoldSplit split = plan_fold_split(Stl10Source(folder.path()), {3, std::nullopt}, 0);
  EXPECT_EQ(split.fold, (data::Fold{3, 10}));
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(split.validates[i], i != 4 && i != 5) << i;
  expect_error(Fault::usage, {"--fold 11", "1 to 10"}, [&] {
    plan_fold_split(Stl10Source(folder.path()), {11, std::nullopt}, 0);
  });
}

/// Reading the folder, its folds included, after `damage` must fail with all of `parts` in the message.
void expect_damage(const std::vector<std::string>& parts,
                   const std::function<void(const std::filesystem::path&)>& damage) {
  const TemporaryFolder folder;
  test::write_stl10(folder.path());
  damage(folder.path());
  expect_error(Fault::data, parts, [&] { Stl10Source(folder.path()).own_training_folds(); });
}

TEST(Stl10Source, NamesFilesThatAreMissingCutOrDoNotFitTogether) {
  expect_damage({"train_y.bin: is missing", "stl10_binary.tar.gz"}, [](const auto& f) { remove(f / "train_y.bin"); });
  expect_damage({"fold_indices.txt: is missing", "--folds"}, [](const auto& f) { remove(f / "fold_indices.txt"); });
  expect_damage({"test_X.bin: has 110591 bytes", "records of 27648 bytes"},
                [](const auto& f) { resize_file(f / "test_X.bin", 4 * 27648 - 1); });
  expect_damage({"test_y.bin: has 3 labels for the 4 pictures"},
                [](const auto& f) { resize_file(f / "test_y.bin", 3); });
}

TEST(Stl10Source, RefusesLabelsThatDoNotCountFromOneToTen) {
  for (const char label : {'\0', '\13'}) {
    expect_damage({"test_y.bin: label " + std::to_string(label) + " of record 2 is outside 1 to 10"},
                  [label](const auto& f) { test::write_text(f / "test_y.bin", std::string("\1\2") + label + '\1'); });
  }
}

TEST(Stl10Source, RefusesFoldsThatAreNoFolds) {
  std::string lines;
  for (int i = 0; i < 9; ++i) lines += "1 2\n";
  expect_damage({"has 9 folds, not 10"}, [&](const auto& f) { test::write_text(f / "fold_indices.txt", lines); });
  for (const auto& [last, finding] :
       std::vector<std::pair<std::string, std::string>>{{"1 20\n", "\"20\" is no index"},
                                                        {"1 x\n", "\"x\" is no index"},
                                                        {"3 4 3\n", "index 3 stands there twice"}}) {
    expect_damage({"fold_indices.txt line 10", finding},
                  [&](const auto& f) { test::write_text(f / "fold_indices.txt", lines + last); });
  }
}

}  // namespace
}  // namespace hpctrain::pack
