// Pieces of micro-batches are the same samples in the same places, whoever delivers them.
#include "train/piecewise_feed.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cstring>
#include <set>
#include <vector>

#include "core/integer_division.hpp"
#include "train/mixed_feed.hpp"
#include "train/residency.hpp"
#include "train/resident_feed.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::train {
namespace {

constexpr std::uint64_t kBatch = 12, kEpochs = 2, kSamples = 55, kImageBytes = 6;

/// What one sample came with.
struct Delivered {
  std::uint64_t epoch = 0, place = 0, sample = 0, partner = 0;
  std::vector<std::uint8_t> image;  ///< as the device has it

  bool operator==(const Delivered&) const = default;
};

/// Says how often the next batch was asked for ahead.
class CountingFeed final : public LoaderFeed {
 public:
  using LoaderFeed::LoaderFeed;
  void look_ahead() override {
    ++looks;
    LoaderFeed::look_ahead();
  }
  int looks = 0;
};

std::vector<std::uint8_t> image_of(const tasks::DeviceRecords& records, std::uint64_t number) {
  const auto bytes = records.fields[0].view({records.count(), -1})[static_cast<std::int64_t>(number)];
  EXPECT_EQ(bytes.numel(), kImageBytes);
  const auto* first = bytes.data_ptr<std::uint8_t>();
  return {first, first + bytes.numel()};
}

class PiecewiseFeedTest : public testing::Test {
 protected:
  PiecewiseFeedTest() : packed_({{20, 21, 14}, {5}, kImageBytes}) {}

  data::LoaderPlan plan_of(std::uint64_t micro_batch, std::uint64_t seed = 5) const {
    data::LoaderPlan plan;
    plan.seed = seed;
    plan.batch = kBatch;
    plan.micro_batch = micro_batch;
    plan.epochs = kEpochs;
    return plan;
  }

  /// Every sample in turn. Micro-steps of a step are counted from zero to their number on every rank.
  static std::vector<Delivered> drain(BatchFeed& feed, bool has_host_bytes = true) {
    std::vector<Delivered> all;
    std::uint64_t expected = 0;
    while (const auto records = feed.next()) {
      const data::MicroBatch& host = records->host;
      EXPECT_EQ(host.micro_step, expected);
      expected = host.is_last_of_step() ? 0 : expected + 1;
      EXPECT_EQ(host.sample_ids.size(), host.count);
      for (std::uint64_t i = 0; i < host.count; ++i) {
        const auto image = image_of(*records, i);
        if (has_host_bytes) {
          EXPECT_EQ(std::memcmp(host.rows[0].data() + i * kImageBytes, image.data(), kImageBytes), 0);
        }
        all.push_back({host.batch.epoch, host.batch.first_position + host.first_in_batch + i, host.sample_ids[i],
                       records->partners != nullptr ? records->partners->host.sample_ids[i] : 0, image});
      }
      feed.look_ahead();
    }
    return all;
  }

  data::test::PackedFixture packed_;
};

TEST_F(PiecewiseFeedTest, DeliversWhatTheWholeOnesHold) {
  for (int rank = 0; rank < 3; ++rank) {
    const Placement place{.rank = rank, .world = 3, .local_rank = rank, .local_world = 3, .host = {}};
    data::Loader plain(packed_.index, plan_of(4), {}, place);
    LoaderFeed whole(plain, torch::kCPU);
    const auto expected = drain(whole);
    for (const std::uint64_t pieces : {1U, 2U, 3U, 4U, 7U}) {
      data::Loader loader(packed_.index, plan_of(4), {}, place);
      LoaderFeed inner(loader, torch::kCPU);
      PiecewiseFeed feed(inner);
      feed.set_pieces({pieces});
      EXPECT_EQ(drain(feed), expected) << pieces << " pieces, rank " << rank;
    }
  }
}

TEST_F(PiecewiseFeedTest, PiecesAreNoSmallerThanTheLeastNorLargerThanTheMostAndTheirNumberStays) {
  const auto whole_counts = [&] {
    data::Loader loader(packed_.index, plan_of(4), {}, {});
    LoaderFeed whole(loader, torch::kCPU);
    std::vector<std::uint64_t> counts;
    while (const auto records = whole.next()) counts.push_back(records->host.count);
    return counts;
  }();
  for (const std::uint64_t pieces : {2U, 3U, 4U}) {
    data::Loader loader(packed_.index, plan_of(4), {}, {});
    LoaderFeed inner(loader, torch::kCPU);
    PiecewiseFeed feed(inner);
    const std::uint64_t most = divide_up(std::uint64_t{4}, pieces);
    feed.set_pieces({pieces, 2, most});
    for (const std::uint64_t count : whole_counts) {
      std::uint64_t sum = 0;
      for (std::uint64_t piece = 0; piece < pieces; ++piece) {
        const auto records = feed.next();
        ASSERT_TRUE(records.has_value());
        sum += records->host.count;
        EXPECT_LE(records->host.count, most) << pieces << " pieces of " << count;
        if (count % 2 == 0 && most >= 2) {
          EXPECT_NE(records->host.count, 1u) << pieces << " pieces of " << count;
        }
      }
      EXPECT_EQ(sum, count);
    }
    EXPECT_FALSE(feed.next().has_value());
  }
}

TEST_F(PiecewiseFeedTest, CutsPartnersAndResidentImagesAlike) {
  const auto drained = [&](std::uint64_t pieces) {
    data::Loader first(packed_.index, plan_of(kBatch), {}, {}), second(packed_.index, plan_of(kBatch, 6), {}, {});
    MixedFeed mixed(std::make_unique<LoaderFeed>(first, torch::kCPU),
                    std::make_unique<LoaderFeed>(second, torch::kCPU));
    PiecewiseFeed feed(mixed);
    feed.set_pieces({pieces});
    return drain(feed);
  };
  EXPECT_EQ(drained(5), drained(1));
  const auto resident =
      std::make_shared<ResidentField>(packed_.index, plan_of(kBatch), data::LoaderSettings{}, 0, torch::kCPU);
  const auto picked = [&](std::uint64_t pieces) {
    const auto slim = without_field(packed_.index, 0);
    data::Loader rest(slim, plan_of(kBatch), {}, {});
    ResidentFeed inner(resident, 0, std::make_unique<LoaderFeed>(rest, torch::kCPU));
    PiecewiseFeed feed(inner);
    feed.set_pieces({pieces});
    return drain(feed, /*has_host_bytes=*/false);
  };
  EXPECT_EQ(picked(5), picked(1));
}

TEST_F(PiecewiseFeedTest, LooksAheadOnceForEachMicroBatchOfTheLoader) {
  data::Loader loader(packed_.index, plan_of(kBatch), {}, {});
  CountingFeed inner(loader, torch::kCPU);
  PiecewiseFeed feed(inner);
  feed.set_pieces({4});
  drain(feed);
  EXPECT_EQ(inner.looks, kEpochs * ((kSamples + kBatch - 1) / kBatch));
}

TEST_F(PiecewiseFeedTest, AStepBeginsAgainInOtherPieces) {
  data::Loader loader(packed_.index, plan_of(4), {}, {});
  LoaderFeed inner(loader, torch::kCPU);
  PiecewiseFeed feed(inner);
  const auto ids_of_step = [&] {
    std::vector<std::uint64_t> ids;
    while (true) {
      const auto records = feed.next();
      ids.insert(ids.end(), records->host.sample_ids.begin(), records->host.sample_ids.end());
      if (records->host.is_last_of_step()) return ids;
    }
  };
  const auto expected = ids_of_step();
  EXPECT_EQ(expected.size(), kBatch);
  for (const std::uint64_t pieces : {2U, 3U, 1U}) {
    feed.seek({});
    feed.next();  // broken off there
    feed.set_pieces({pieces});
    feed.seek({});
    EXPECT_EQ(ids_of_step(), expected);
  }
}

}  // namespace
}  // namespace hpctrain::train
