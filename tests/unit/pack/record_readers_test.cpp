// Records come in order, whoever read them, and only so many are held that memory stays bounded.
#include "pack/record_readers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>

#include "core/error.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::pack {
namespace {

using hpctrain::test::expect_error;

/// Records of one number and `padding` bytes more; counts how many were read.
class CountingSource final : public Source {
 public:
  explicit CountingSource(std::uint64_t records, std::uint64_t padding = 0) : records_(records), padding_(padding) {}

  std::string kind() const override { return "counting"; }
  std::vector<data::FieldSchema> fields() const override {
    data::FieldSchema field;
    field.name = "number";
    field.semantic = "tensor";
    field.sample_shape = {8 + padding_};
    field.row_bytes = 8 + padding_;
    return {field};
  }
  std::vector<SourceSplit> splits() const override { return {{"train", records_}}; }
  std::string identity() const override { return "counting"; }
  void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const override {
    ++num_read;
    if (record % 7 == 3) std::this_thread::yield();
    require(failing.count(record) == 0, Fault::data, "record " + std::to_string(record) + " is damaged");
    std::memcpy(rows[0].data(), &record, sizeof record);
  }

  std::set<std::uint64_t> failing;
  mutable std::atomic<std::uint64_t> num_read = 0;

 private:
  std::uint64_t records_;
  std::uint64_t padding_;
};

ReadingOrder backwards(std::uint64_t records) {
  ReadingOrder order{{}, records};
  for (std::uint64_t i = 0; i < records; ++i) order.records.push_back(records - 1 - i);
  return order;
}

TEST(RecordReaders, DeliverInOrderAtAnyNumberOfThreads) {
  const CountingSource source(500);
  for (const std::size_t threads : {1u, 2u, 7u}) {
    RecordReaders readers(source, source.fields(), backwards(500), 8, threads);
    for (std::uint64_t i = 0; i < 500; ++i) {
      const ReadRecord& read = readers.next();
      std::uint64_t number = 0;
      std::memcpy(&number, read.rows[0].data(), sizeof number);
      ASSERT_EQ(read.record, 499 - i);
      ASSERT_EQ(number, 499 - i);
    }
  }
}

TEST(RecordReaders, MeasureTheFirstRecordsOnly) {
  const CountingSource source(6);
  ReadingOrder order = backwards(6);
  order.counted = 4;
  RecordReaders readers(source, source.fields(), order, 8, 2);
  for (std::uint64_t i = 0; i < 6; ++i) EXPECT_EQ(readers.next().statistics.size(), i < 4 ? 1u : 0u);
}

TEST(RecordReaders, FailWithTheFirstDamagedRecordInOrder) {
  CountingSource source(300);
  source.failing = {20, 21, 40, 299 - 50};
  for (const std::size_t threads : {1u, 2u, 7u}) {
    RecordReaders readers(source, source.fields(), backwards(300), 8, threads);
    for (int i = 0; i < 50; ++i) readers.next();
    expect_error(Fault::data, {"record 249 is damaged"}, [&] { readers.next(); });
  }
}

TEST(RecordReaders, HoldNoMoreThanTheirBoundAhead) {
  constexpr std::uint64_t kRecordBytes = 4u << 20;
  const CountingSource source(100, kRecordBytes - 8);
  RecordReaders readers(source, source.fields(), backwards(100), kRecordBytes, 4);
  constexpr std::uint64_t kMost = kMostWaitingBytes / kRecordBytes;
  for (std::uint64_t i = 0; i < 100; ++i) {
    readers.next();
    if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    ASSERT_LE(source.num_read, i + kMost + 1);
  }
  EXPECT_EQ(source.num_read, 100u);
}

TEST(RecordReaders, StopWhenNobodyWantsTheRest) {
  const CountingSource source(100'000);
  {
    RecordReaders readers(source, source.fields(), backwards(100'000), 8, 3);
    readers.next();
  }
  EXPECT_LT(source.num_read, 100'000u);
}

}  // namespace
}  // namespace hpctrain::pack
