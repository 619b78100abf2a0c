// Damage anywhere in a data set is found, and named as precisely as it can be.
#include "data/verify.hpp"

#include <gtest/gtest.h>

#include "core/philox.hpp"
#include "data/layout_reader.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::flip_bit;
using test::PackedFixture;

TEST(Verify, FindsNothingInAFreshDataSet) {
  const PackedFixture packed;
  const VerifyReport report = verify_dataset(packed.index);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.shards, 4u);
}

TEST(Verify, NamesShardFieldBlockAndSamplesOfAFlippedBit) {
  const PackedFixture packed({{300}, {5}, 10000});
  flip_bit(packed.shard(0), packed.index.shards[0].fields[0].data_offset + (1u << 20) + 17, 3);
  const VerifyReport report = verify_dataset(packed.index);
  ASSERT_EQ(report.findings.size(), 2u);  // the block, and the file as a whole
  EXPECT_NE(report.findings[0].find("shards/shard-000000.h5: block 1 of field image (samples 104 to 209 of the shard)"),
            std::string::npos)
      << report.findings[0];
}

TEST(Verify, NoFlippedBitOfAShardStaysUnnoticed) {
  const PackedFixture packed;
  const std::uint64_t bytes = packed.index.shards[0].file_bytes;
  CounterStream draw(1, 0, 0, 0);
  for (int trial = 0; trial < 150; ++trial) {
    const std::uint64_t offset = draw.below(bytes);
    const int bit = static_cast<int>(draw.below(8));
    flip_bit(packed.shard(0), offset, bit);
    bool is_noticed = false;
    try {
      is_noticed = !verify_dataset(read_dataset_layout(packed.folder)).findings.empty();
    } catch (const Error& error) {
      is_noticed = error.fault() == Fault::data;
    }
    EXPECT_TRUE(is_noticed) << "byte " << offset;
    flip_bit(packed.shard(0), offset, bit);
  }
}

TEST(Verify, ReportsAMissingAndACutShardAndGoesOn) {
  const PackedFixture packed;
  std::filesystem::remove(packed.shard(1));
  std::filesystem::resize_file(packed.shard(2), 100);
  const VerifyReport report = verify_dataset(packed.index);
  ASSERT_GE(report.findings.size(), 2u);
  EXPECT_NE(report.findings[0].find("shard-000001.h5"), std::string::npos);
  EXPECT_NE(report.findings[1].find("shard-000002.h5"), std::string::npos);
}

}  // namespace
}  // namespace hpctrain::data
