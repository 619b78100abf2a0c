// Copies of scattered rows: every byte of every row, whatever its length and place, and nothing else.
#include "data/row_copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "data/long_row_copy.hpp"

namespace hpctrain::data {
namespace {

constexpr std::byte kUntouched{0xA5};
constexpr std::size_t kRows = 37;

std::vector<std::byte> random_bytes(std::size_t count) {
  std::mt19937_64 random(count);
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

/// Rows in another order, an odd number of bytes apart, so that they begin everywhere in a cache line.
std::vector<const std::byte*> scattered(const std::vector<std::byte>& memory, std::size_t row_bytes) {
  std::vector<const std::byte*> rows;
  for (std::size_t i = 0; i < kRows; ++i) rows.push_back(memory.data() + (i * 23 % kRows) * (row_bytes + 3));
  return rows;
}

class RowCopyTest : public testing::TestWithParam<std::size_t> {};

TEST_P(RowCopyTest, EveryByteOfEveryRowArrives) {
  const std::size_t row_bytes = GetParam();
  const std::vector<std::byte> memory = random_bytes(kRows * (row_bytes + 3));
  const auto rows = scattered(memory, row_bytes);
  std::vector<std::byte> slot((kRows + 1) * row_bytes, kUntouched);
  ASSERT_EQ(copy_rows(rows, row_bytes, slot.data()), kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    ASSERT_TRUE(std::equal(rows[i], rows[i] + row_bytes, slot.data() + i * row_bytes)) << "row " << i;
  }
  for (std::size_t at = kRows * row_bytes; at < slot.size(); ++at) ASSERT_EQ(slot[at], kUntouched) << "behind the rows";
}

TEST_P(RowCopyTest, RowsWithoutASourceKeepWhatTheyHad) {
  const std::size_t row_bytes = GetParam();
  const std::vector<std::byte> memory = random_bytes(kRows * (row_bytes + 3));
  auto rows = scattered(memory, row_bytes);
  for (const std::size_t left_out : {0, 4, 5, 36}) rows[left_out] = nullptr;
  std::vector<std::byte> slot(kRows * row_bytes, kUntouched);
  ASSERT_EQ(copy_rows(rows, row_bytes, slot.data()), kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::byte* copied = slot.data() + i * row_bytes;
    const bool is_right = rows[i] != nullptr ? std::equal(copied, copied + row_bytes, rows[i])
                                             : std::count(copied, copied + row_bytes, kUntouched) ==
                                                   static_cast<std::ptrdiff_t>(row_bytes);
    ASSERT_TRUE(is_right) << "row " << i;
  }
}

// Around the words and pieces of the copy, and rows of real data sets.
INSTANTIATE_TEST_SUITE_P(Lengths, RowCopyTest,
                         testing::Values(1, 7, 8, 9, 63, 64, 255, 256, 784, 2047, 2048, 2049, 2304, 3072, 8191, 8192,
                                         8193, 27648, 150528),
                         testing::PrintToStringParamName());

TEST(RowCopy, WordsOfEveryWidthCopyAlike) {
  const auto copies = long_row_copies();
  ASSERT_FALSE(copies.empty());
  for (const std::size_t row_bytes : {257, 3072, 8193, 27648}) {
    const std::vector<std::byte> memory = random_bytes(kRows * (row_bytes + 3));
    const auto rows = scattered(memory, row_bytes);
    for (std::size_t kind = 0; kind < copies.size(); ++kind) {
      std::vector<std::byte> slot(kRows * row_bytes, kUntouched);
      RowCopying copying{rows, row_bytes, slot.data(), 0};
      copies[kind](&copying);
      for (std::size_t i = 0; i < kRows; ++i) {
        ASSERT_TRUE(std::equal(rows[i], rows[i] + row_bytes, slot.data() + i * row_bytes))
            << "copy " << kind << " of " << copies.size() << ", " << row_bytes << " bytes, row " << i;
      }
    }
  }
}

TEST(RowCopy, NoRows) {
  EXPECT_EQ(copy_rows({}, 3072, nullptr), 0u);
}

}  // namespace
}  // namespace hpctrain::data
