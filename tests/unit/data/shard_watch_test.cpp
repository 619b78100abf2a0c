// Shards that change after their digests were checked: whoever is about to keep a result must hear of it.
#include "data/shard_watch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>

#include "data/loader.hpp"
#include "data/shard_places.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::expect_error;
using test::PackedFixture;

LoaderPlan one_epoch() {
  LoaderPlan plan;
  plan.seed = 5;
  plan.batch = plan.micro_batch = 16;
  plan.epochs = 1;
  return plan;
}

/// Has read every sample of the training split once.
class ReadThrough {
 public:
  explicit ReadThrough(const PackedFixture& packed, const LoaderSettings& settings = {})
      : loader_(packed.index, one_epoch(), settings, {}) {
    read();
  }

  void read() {
    ids.clear();
    while (const auto lease = loader_.next()) {
      ids.insert(ids.end(), (*lease)->sample_ids.begin(), (*lease)->sample_ids.end());
    }
  }
  void read_again() {
    loader_.seek({});
    read();
  }
  void require_unchanged() { loader_.require_unchanged_shards(); }

  std::vector<std::uint64_t> ids;

 private:
  Loader loader_;
};

std::uint64_t middle_of_images(const PackedFixture& packed, std::size_t shard) {
  return packed.index.shards[shard].fields[0].data_offset + 100;
}

/// The moments of its last access and write, as a tool that hides its traces would set them.
void set_times(const std::filesystem::path& path, const struct stat& before) {
  const timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(ShardWatch, SaysNothingWhileNothingIsWritten) {
  ReadThrough through(test::shared_fixture());
  for (int epoch = 0; epoch < 2; ++epoch) {
    EXPECT_EQ(through.ids.size(), 103u);
    through.require_unchanged();
    through.read_again();
  }
}

TEST(ShardWatch, NamesAShardThatWasRewrittenInPlace) {
  for (const Engine engine : {Engine::mmap, Engine::pread}) {
    const PackedFixture packed;
    ReadThrough through(packed, {.engine = engine});
    test::flip_bit(packed.shard(1), middle_of_images(packed, 1));
    expect_error(Fault::data, {"shard-000001.h5", "written to while it was in use", "block 0 of field image"},
                 [&] { through.require_unchanged(); });
    test::flip_bit(packed.shard(1), middle_of_images(packed, 1));
    through.require_unchanged();
  }
}

TEST(ShardWatch, IsNotDeceivedByAModificationTimeThatIsSetBack) {
  const PackedFixture packed;
  ReadThrough through(packed);
  struct stat before {};
  ASSERT_EQ(::stat(packed.shard(0).c_str(), &before), 0);
  test::flip_bit(packed.shard(0), middle_of_images(packed, 0));
  set_times(packed.shard(0), before);
  expect_error(Fault::data, {"shard-000000.h5", "written to"}, [&] { through.require_unchanged(); });
}

TEST(ShardWatch, NamesAShardThatWasCutShort) {
  const PackedFixture packed;
  ReadThrough through(packed, {.engine = Engine::pread});
  std::filesystem::resize_file(packed.shard(2), packed.index.shards[2].fields[0].data_offset);
  expect_error(Fault::data, {"shard-000002.h5", "ends"}, [&] { through.require_unchanged(); });
}

TEST(ShardWatch, AcceptsTheSameBytesWrittenOnceMore) {
  const PackedFixture packed;
  ReadThrough through(packed);
  for (int i = 0; i < 2; ++i) test::flip_bit(packed.shard(1), middle_of_images(packed, 1));
  std::filesystem::permissions(packed.shard(0), std::filesystem::perms::owner_read);
  through.require_unchanged();
}

/// Two shards that change places by renaming are read on through what was opened before: right samples, no error.
TEST(ShardWatch, ReadsOnWhatAnotherFileTookTheNameOf) {
  for (const Engine engine : {Engine::mmap, Engine::pread}) {
    const PackedFixture packed;
    ReadThrough through(packed, {.engine = engine});
    const std::vector<std::uint64_t> expected = through.ids;
    std::filesystem::rename(packed.shard(0), packed.folder / "x");
    std::filesystem::rename(packed.shard(1), packed.shard(0));
    std::filesystem::rename(packed.folder / "x", packed.shard(1));
    through.require_unchanged();
    through.read_again();
    EXPECT_EQ(through.ids, expected);
    through.require_unchanged();
  }
}

TEST(ShardWatch, LooksAwayWhenNoDigestsAreAskedFor) {
  const PackedFixture packed;
  ReadThrough through(packed, {.verify = Verify::off});
  test::flip_bit(packed.shard(1), middle_of_images(packed, 1));
  through.require_unchanged();
}

/// Copies and source are places of one shard: one that was left is asked about once more, then forgotten.
class TwoPlaces final : public ShardLocator {
 public:
  explicit TwoPlaces(const PackedFixture& packed) : packed_(packed), copies_(packed.temporary / "copies") {
    std::filesystem::create_directories(copies_);
    for (std::size_t shard = 0; shard < packed.index.shards.size(); ++shard) {
      std::filesystem::copy_file(packed.shard(shard), copy(shard));
    }
  }
  std::filesystem::path copy(std::size_t shard) const { return copies_ / packed_.shard(shard).filename(); }

  ShardLocation locate(std::size_t shard) override {
    if (!uses_copies) return {packed_.shard(shard), Tier::source, false, true};
    return {copy(shard), Tier::node_cache, true, true};
  }
  void reject(std::size_t, const ShardLocation&, const std::string&) override { uses_copies = false; }
  void note_position(std::uint64_t, std::uint64_t) override {}

  std::atomic<bool> uses_copies{true};

 private:
  const PackedFixture& packed_;
  std::filesystem::path copies_;
};

TEST(ShardWatch, AsksOnceMoreAboutAPlaceThatWasLeft) {
  const PackedFixture packed;
  TwoPlaces places(packed);
  const SplitLayout layout(packed.index, packed.index.split("train"));
  ShardPlaces shards(layout, packed.folder, &places, {Engine::mmap, true});
  const auto old_table = shards.table();
  shards.replace(*(*old_table)[0], "flipped");
  test::flip_bit(places.copy(0), middle_of_images(packed, 0));
  expect_error(Fault::data, {places.copy(0).string(), "written to"}, [&] { shards.require_unchanged(); });
  test::flip_bit(places.copy(0), middle_of_images(packed, 0));
  shards.require_unchanged();
  test::flip_bit(places.copy(0), middle_of_images(packed, 0));
  shards.require_unchanged();
}

}  // namespace
}  // namespace hpctrain::data
