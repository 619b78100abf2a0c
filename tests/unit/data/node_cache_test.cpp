// The node cache on real files: what it copies, whom it trusts, what it removes, and what it leaves alone.
#include "data/node_cache.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>

#include "data/cache_folder.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using hpctrain::test::TemporaryFolder;
using test::expect_error;
using test::PackedFixture;

constexpr double kSoon = 20;
const CachePlan kReplicate{CacheMode::replicate, 1ull << 30, "", false};

CacheContent both_splits() {
  return {.splits = {"train", "test"}, .uses = {}};
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::filesystem::path copies_of(const TemporaryFolder& scratch, const PackedFixture& packed) {
  return scratch.path() / ("hpctrain-" + std::to_string(::geteuid())) / packed.index.uuid_text();
}

std::filesystem::path copy_of(const TemporaryFolder& scratch, const PackedFixture& packed, std::size_t shard) {
  return copies_of(scratch, packed) / packed.shard(shard).filename();
}

void expect_genuine_copies(NodeCache& cache, const PackedFixture& packed) {
  for (std::size_t shard = 0; shard < packed.index.shards.size(); ++shard) {
    const ShardLocation location = cache.locate(shard);
    EXPECT_EQ(location.tier, Tier::node_cache);
    EXPECT_EQ(contents(location.file), contents(packed.shard(shard)));
  }
}

TEST(NodeCache, CopiesEveryShardOfTheSplitsInUse) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  expect_genuine_copies(cache, packed);
  EXPECT_EQ(cache.counters().copies_made, packed.index.shards.size());
  struct stat status {};
  ASSERT_EQ(::stat(copies_of(scratch, packed).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST(NodeCache, FindsTheCopiesOfAnEarlierStartWithoutReadingTheSource) {
  const PackedFixture packed;
  const TemporaryFolder scratch;
  { EXPECT_TRUE(NodeCache(packed.index, kReplicate, scratch.path(), both_splits(), {}).wait_until_staged(kSoon)); }
  std::filesystem::remove_all(packed.folder);
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  EXPECT_EQ(cache.counters().source_bytes, 0u);
}

TEST(NodeCache, ReadsTheSourceOnceForAllRanksOfANode) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  std::vector<std::unique_ptr<NodeCache>> ranks;
  for (int rank = 0; rank < 4; ++rank) {
    Placement placement;
    placement.local_rank = rank;
    placement.local_world = 4;
    ranks.push_back(std::make_unique<NodeCache>(packed.index, kReplicate, scratch.path(), both_splits(), placement));
  }
  std::uint64_t read_bytes = 0, shard_bytes = 0;
  for (const auto& rank : ranks) {
    ASSERT_TRUE(rank->wait_until_staged(kSoon));
    expect_genuine_copies(*rank, packed);
    read_bytes += rank->counters().source_bytes;
  }
  for (const ShardIndex& shard : packed.index.shards) shard_bytes += shard.file_bytes;
  EXPECT_EQ(read_bytes, shard_bytes);
}

TEST(NodeCache, RefetchesADamagedCopyOnceAndThenReadsTheSource) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  cache.reject(1, cache.locate(1), "flipped");
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  EXPECT_EQ(cache.locate(1).tier, Tier::node_cache);
  cache.reject(1, cache.locate(1), "flipped again");
  EXPECT_FALSE(cache.wait_until_staged(0.3));
  const ShardLocation location = cache.locate(1);
  EXPECT_EQ(location.tier, Tier::source);
  EXPECT_FALSE(std::filesystem::exists(copy_of(scratch, packed, 1)));
  cache.reject(1, location, "shard 1: block 0 is damaged");
  expect_error(Fault::data, {"shard 1: block 0 is damaged"}, [&] { cache.locate(1); });
}

TEST(NodeCache, MakesACopyAnewThatWasWrittenToSinceItWasMade) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  { EXPECT_TRUE(NodeCache(packed.index, kReplicate, scratch.path(), both_splits(), {}).wait_until_staged(kSoon)); }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  test::flip_bit(copy_of(scratch, packed, 0), 4100);
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  expect_genuine_copies(cache, packed);
  EXPECT_EQ(cache.counters().copies_made, 1u);
}

/// As if the node had started anew since the copy was made.
void make_older(const TemporaryFolder& scratch, const PackedFixture& packed, std::size_t shard) {
  const CacheFolder folder(scratch.path(), packed.index.uuid_text(), packed.folder);
  const std::filesystem::path copy = copy_of(scratch, packed, shard);
  std::ifstream file(copy.string() + ".json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CacheRecord record = CacheRecord::from_text(text).value();
  struct stat status {};
  ASSERT_EQ(::stat(copy.c_str(), &status), 0);
  record.copy = FileMark::of(status);
  record.boot_uuid = "another";
  folder.rewrite_record(copy.filename(), record);
}

TEST(NodeCache, ReadsACopyOnceMoreThatWasMadeBeforeTheNodeStartedAnew) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  { EXPECT_TRUE(NodeCache(packed.index, kReplicate, scratch.path(), both_splits(), {}).wait_until_staged(kSoon)); }
  test::flip_bit(copy_of(scratch, packed, 1), 4100);  // the crash lost a page
  for (std::size_t shard = 0; shard < 2; ++shard) make_older(scratch, packed, shard);
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  expect_genuine_copies(cache, packed);
  EXPECT_EQ(cache.counters().copies_made, 1u);
}

TEST(NodeCache, LeavesOlderCopiesToTheirReaderWhereItMakesNone) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  { EXPECT_TRUE(NodeCache(packed.index, kReplicate, scratch.path(), both_splits(), {}).wait_until_staged(kSoon)); }
  test::flip_bit(copy_of(scratch, packed, 1), 4100);
  for (std::size_t shard = 0; shard < 2; ++shard) make_older(scratch, packed, shard);
  CacheContent content = both_splits();
  content.makes_copies = false;
  content.trusts_copies = true;
  NodeCache cache(packed.index, kReplicate, scratch.path(), content, {});
  for (std::size_t shard = 0; shard < 2; ++shard) {
    EXPECT_EQ(cache.locate(shard).tier, Tier::node_cache) << shard;
    EXPECT_FALSE(cache.locate(shard).is_verified) << shard;
  }
  EXPECT_TRUE(cache.locate(2).is_verified);
  EXPECT_EQ(cache.counters().source_bytes, 0u);
  content.checks_blocks = false;
  content.trusts_copies = false;
  NodeCache unchecked(packed.index, kReplicate, scratch.path(), content, {});
  EXPECT_EQ(unchecked.locate(0).tier, Tier::node_cache);
  EXPECT_EQ(unchecked.locate(1).tier, Tier::source) << "what nobody checks later is read first";
}

TEST(NodeCache, TrustsCopiesThatAnotherStartMade) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  CacheContent content = both_splits();
  content.trusts_copies = true;
  for (int start = 0; start < 2; ++start) {
    NodeCache cache(packed.index, kReplicate, scratch.path(), content, {});
    ASSERT_TRUE(cache.wait_until_staged(kSoon));
    EXPECT_TRUE(cache.locate(0).is_verified) << start;
  }
}

TEST(NodeCache, TakesOverThePartOfADeadProcess) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  { const CacheFolder made(scratch.path(), packed.index.uuid_text(), packed.folder); }
  std::ofstream(copy_of(scratch, packed, 0).string() + ".part") << "torn by a kill, and longer than nothing";
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  expect_genuine_copies(cache, packed);
  EXPECT_FALSE(std::filesystem::exists(copy_of(scratch, packed, 0).string() + ".part"));
}

TEST(NodeCache, ReadsASourceOnceMoreThatArrivedDamaged) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  int reads = 0;
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {},
                  [&](const RawFile& file, std::uint64_t offset, std::span<std::byte> destination) {
                    file.read_at(offset, destination);
                    if (reads++ == 0) destination[4100] ^= std::byte{1};
                  });
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  expect_genuine_copies(cache, packed);
  EXPECT_EQ(reads, 5);
}

TEST(NodeCache, KeepsNoCopyOfAShardThatIsNotWhatTheManifestSays) {
  const PackedFixture packed;
  const TemporaryFolder scratch;
  test::flip_bit(packed.shard(2), packed.index.shards[2].fields[0].data_offset);
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  EXPECT_FALSE(cache.wait_until_staged(0.3));
  EXPECT_EQ(cache.locate(2).tier, Tier::source);
  EXPECT_EQ(cache.counters().copies, 3u);
  EXPECT_FALSE(std::filesystem::exists(copy_of(scratch, packed, 2)));
}

TEST(NodeCache, StaysWithinItsLimit) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  const std::uint64_t limit = packed.index.shards[0].file_bytes * 2 + 4'000;
  NodeCache cache(packed.index, {CacheMode::replicate, limit, "", false}, scratch.path(), both_splits(), {});
  EXPECT_FALSE(cache.wait_until_staged(0.3));
  EXPECT_EQ(cache.counters().copies, 2u);
  EXPECT_LE(CacheFolder(scratch.path(), packed.index.uuid_text(), packed.folder).used_bytes(), limit);
}

TEST(NodeCache, LeavesASourceThatHangsToItself) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  struct Gate {
    std::mutex mutex;
    std::condition_variable opened;
    bool is_open = false;
  };
  const auto gate = std::make_shared<Gate>();
  const auto started = std::chrono::steady_clock::now();
  {
    NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {},
                    [gate](const RawFile& file, std::uint64_t offset, std::span<std::byte> destination) {
                      std::unique_lock lock(gate->mutex);
                      gate->opened.wait(lock, [&] { return gate->is_open; });
                      file.read_at(offset, destination);
                    });
    EXPECT_FALSE(cache.wait_until_staged(0.1));
    EXPECT_EQ(cache.locate(0).tier, Tier::source);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
  const std::lock_guard lock(gate->mutex);
  gate->is_open = true;
  gate->opened.notify_all();
}

TEST(NodeCache, RefusesToLieInsideTheDataSet) {
  const PackedFixture packed;
  expect_error(Fault::usage, {"cache.dir", packed.folder.string()},
               [&] { NodeCache(packed.index, kReplicate, packed.folder / "shards", both_splits(), {}); });
}

TEST(NodeCache, RefusesAFolderReachedOverALink) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  std::filesystem::create_directories(scratch / "real");
  std::filesystem::create_symlink(scratch / "real", scratch / "link");
  expect_error(Fault::usage, {"symbolic link"},
               [&] { NodeCache(packed.index, kReplicate, scratch / "link", both_splits(), {}); });
  EXPECT_TRUE(std::filesystem::is_empty(scratch / "real"));
}

TEST(NodeCache, WritesThroughNoLinkThatSomebodyPutInItsPlace) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  { const CacheFolder made(scratch.path(), packed.index.uuid_text(), packed.folder); }
  std::ofstream(scratch / "thesis.tex") << "years of work";
  std::filesystem::create_symlink(scratch / "thesis.tex", copy_of(scratch, packed, 0).string() + ".part");
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  EXPECT_FALSE(cache.wait_until_staged(0.3));
  EXPECT_EQ(cache.locate(0).tier, Tier::source);
  EXPECT_EQ(contents(scratch / "thesis.tex"), "years of work");
}

TEST(NodeCache, GoesOnWithTheSourceWhenItsFolderBelongsToEverybody) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  const auto open_to_all = copies_of(scratch, packed).parent_path();
  std::filesystem::create_directories(open_to_all);
  std::filesystem::permissions(open_to_all, std::filesystem::perms::all);
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  EXPECT_EQ(cache.locate(0).tier, Tier::source);
  EXPECT_EQ(cache.counters().copies, 0u);
}

TEST(NodeCache, GoesOnWithTheSourceWhenItsFolderVanishes) {
  const PackedFixture& packed = test::shared_fixture();
  const TemporaryFolder scratch;
  NodeCache cache(packed.index, kReplicate, scratch.path(), both_splits(), {});
  ASSERT_TRUE(cache.wait_until_staged(kSoon));
  std::filesystem::remove_all(copies_of(scratch, packed));
  for (std::size_t shard = 0; shard < 4; ++shard) cache.reject(shard, cache.locate(shard), "gone");
  EXPECT_FALSE(cache.wait_until_staged(0.3));
  for (std::size_t shard = 0; shard < 4; ++shard) EXPECT_EQ(cache.locate(shard).tier, Tier::source);
  EXPECT_FALSE(std::filesystem::exists(copies_of(scratch, packed)));
}

}  // namespace
}  // namespace hpctrain::data
