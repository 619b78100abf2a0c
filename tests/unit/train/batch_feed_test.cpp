// What reaches a network: the same augmented pixels of each sample, whoever asks for it, in whatever company, and
// wherever the images lie.
#include "train/batch_feed.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <map>

#include "tasks/augmentation_text.hpp"
#include "tasks/classification.hpp"
#include "train/residency.hpp"
#include "train/resident_feed.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::train {
namespace {

constexpr std::uint64_t kHeight = 12, kWidth = 14, kChannels = 3, kBatch = 24, kEpochs = 2;
constexpr const char* kEverything =
    "crop(pad=3) | flip | random-resized-crop(p=0.5) | elastic(p=0.5) | affine(rotate=20, scale=0.2, p=0.5) | "
    "jitter(contrast=0.3, brightness=0.1, saturation=0.5, hue=0.2) | gamma(0.3) | grey | blur(sigma=0.2..1.5) | "
    "noise(0.05) | cutout(4)";

/// Images of each sample as the network sees them, by epoch and sample id.
using Seen = std::map<std::pair<std::uint64_t, std::uint64_t>, torch::Tensor>;

struct HowToCarryOut {
  int world = 1;
  std::uint64_t micro_batch = kBatch;
  int reader_threads = 1;
  int operation_threads = 1;
};

class BatchFeedTest : public testing::Test {
 protected:
  BatchFeedTest() : packed_({{20, 21, 14}, {5}, kHeight * kWidth * kChannels}), index_(packed_.index) {
    index_.fields[0].sample_shape = {kHeight, kWidth, kChannels};
    index_.statistics[0] = {{100, 110, 120}, {50, 60, 70}, {0, 0, 0}, {255, 255, 255}};
  }
  ~BatchFeedTest() override { torch::set_num_threads(1); }

  data::LoaderPlan plan_of(const HowToCarryOut& how) const {
    data::LoaderPlan plan;
    plan.seed = 5;
    plan.batch = kBatch;
    plan.micro_batch = how.micro_batch;
    plan.epochs = kEpochs;
    return plan;
  }

  void watch(BatchFeed& feed, const tasks::Task& task, Seen& seen) const {
    while (const auto records = feed.next()) {
      if (records->count() > 0) {
        const auto batch = task.make_batch(*records, tasks::Mode::train);
        for (std::int64_t n = 0; n < batch.count(); ++n) {
          const auto sample = batch.sample_ids[static_cast<std::size_t>(n)];
          EXPECT_EQ(batch.targets[n].item<std::int64_t>(), data::test::label(sample));
          EXPECT_TRUE(seen.emplace(std::pair{records->host.batch.epoch, sample}, batch.images[n].clone()).second);
        }
      }
      feed.look_ahead();
    }
  }

  Seen seen_by_all_ranks(const HowToCarryOut& how) const {
    torch::set_num_threads(how.operation_threads);
    const tasks::Classification task(index_, {.seed = 9, .augmentation = tasks::read_augmentation(kEverything)});
    Seen seen;
    for (int rank = 0; rank < how.world; ++rank) {
      Placement placement;
      placement.rank = rank;
      placement.world = how.world;
      data::LoaderSettings settings;
      settings.threads = how.reader_threads;
      data::Loader loader(index_, plan_of(how), settings, placement);
      LoaderFeed feed(loader, torch::kCPU);
      watch(feed, task, seen);
    }
    return seen;
  }

  data::test::PackedFixture packed_;
  data::DatasetIndex index_;
};

void expect_same(const Seen& expected, const Seen& actual) {
  ASSERT_EQ(expected.size(), actual.size());
  for (const auto& [who, image] : expected) {
    const auto found = actual.find(who);
    ASSERT_NE(found, actual.end());
    ASSERT_TRUE(torch::equal(found->second, image)) << "epoch " << who.first << ", sample " << who.second;
  }
}

TEST_F(BatchFeedTest, AugmentedPixelsAreTheSameAtAnyWorldSizeMicroBatchAndNumberOfThreads) {
  const Seen alone = seen_by_all_ranks({});
  ASSERT_EQ(alone.size(), kEpochs * (20 + 21 + 14));
  std::size_t repeated = 0;
  for (const auto& [who, image] : alone) {
    if (who.first == 1) repeated += torch::equal(image, alone.at({0, who.second}));
  }
  EXPECT_EQ(repeated, 0u);
  for (const HowToCarryOut& how :
       {HowToCarryOut{2, 12}, {3, 8}, {4, 6}, {8, 3}, {1, 1}, {1, 7, 3}, {3, 2, 2, 2}, {1, kBatch, 1, 2}}) {
    SCOPED_TRACE(testing::Message() << how.world << " ranks, micro-batch " << how.micro_batch);
    expect_same(alone, seen_by_all_ranks(how));
  }
}

TEST_F(BatchFeedTest, ImagesThatLieOnTheDeviceMakeTheSameBatches) {
  const HowToCarryOut how{1, 10};
  const std::size_t image = index_.field_position("image");
  const tasks::Classification task(index_, {.seed = 9, .augmentation = tasks::read_augmentation(kEverything)});
  const auto slim = without_field(index_, image);
  data::Loader rest(slim, plan_of(how), {}, {});
  ResidentFeed feed(std::make_unique<ResidentField>(index_, plan_of(how), data::LoaderSettings{}, image, torch::kCPU),
                    image, std::make_unique<LoaderFeed>(rest, torch::kCPU));
  Seen seen;
  watch(feed, task, seen);
  expect_same(seen_by_all_ranks(how), seen);
}

TEST_F(BatchFeedTest, ImagesLieOnTheDeviceWhateverPartsABatchIsCutInto) {
  auto plan = plan_of({});
  plan.micro_shards = 64;  // more than there are samples
  const std::size_t image = index_.field_position("image");
  const ResidentField resident(index_, plan, data::LoaderSettings{}, image, torch::kCPU);
  const std::vector<std::uint64_t> two = {packed_.sample_id(0), packed_.sample_id(54)};
  EXPECT_EQ(resident.rows_of(two).numel(), 2 * kHeight * kWidth * kChannels);
}

TEST_F(BatchFeedTest, DamageIsFoundWhileTheDeviceIsFilled) {
  data::test::flip_bit(packed_.shard(1), index_.shards[1].fields[0].data_offset + 100);
  const std::size_t image = index_.field_position("image");
  EXPECT_THROW(ResidentField(index_, plan_of({}), data::LoaderSettings{}, image, torch::kCPU), Error);
}

TEST_F(BatchFeedTest, SeekingStartsFromTheCursorAgain) {
  data::Loader loader(index_, plan_of({}), {}, {});
  LoaderFeed feed(loader, torch::kCPU);
  const auto first_ids = [&] {
    const auto records = feed.next();
    return std::vector<std::uint64_t>(records->host.sample_ids.begin(), records->host.sample_ids.end());
  };
  const auto first = first_ids();
  feed.look_ahead();
  feed.seek({});
  EXPECT_EQ(first_ids(), first);
  EXPECT_NE(first_ids(), first);
}

}  // namespace
}  // namespace hpctrain::train
