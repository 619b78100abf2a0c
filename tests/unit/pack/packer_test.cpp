// A packed data set holds the source's bytes, comes out the same twice, and is there as a whole or not at all.
#include "pack/packer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <cstring>
#include <set>

#include "data/layout_reader.hpp"
#include "data/verify.hpp"
#include "pack/idx_source.hpp"
#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/idx_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;
using test::IdxFolder;

PackSettings small_shards(const std::filesystem::path& folder) {
  PackSettings settings{folder, {}, 0};
  settings.plan.shard_target_bytes = 22 * 7;  // seven records of 6 + 8 + 8 bytes
  settings.plan.validation_samples = 5;
  return settings;
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    names.push_back(std::filesystem::relative(entry.path(), folder).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Packer, StoresTheSourcesBytesUnderTheirSampleIds) {
  const IdxFolder folder;
  IdxSource source(folder.folder.path());
  pack_dataset(source, small_shards(folder.path("packed")));
  const data::DatasetIndex index = data::read_dataset_layout(folder.path("packed"));
  std::set<std::uint64_t> seen;
  for (const data::ShardIndex& shard : index.shards) {
    const std::string bytes = file_text(index.folder / shard.path);
    for (std::uint64_t row = 0; row < shard.num_samples; ++row) {
      std::uint64_t id = 0;
      std::int64_t label = -1;
      std::memcpy(&id, &bytes[shard.sample_id_offset + row * 8], 8);
      std::memcpy(&label, &bytes[shard.fields[1].data_offset + row * 8], 8);
      ASSERT_TRUE(seen.insert(id).second);
      ASSERT_EQ(label, test::label_byte(static_cast<unsigned>(id)));
      for (unsigned j = 0; j < 6; ++j) {
        ASSERT_EQ(bytes[shard.fields[0].data_offset + row * 6 + j], test::image_byte(static_cast<unsigned>(id), j));
      }
    }
  }
  EXPECT_EQ(seen.size(), 42u);
  EXPECT_TRUE(data::verify_dataset(index).findings.empty());
}

TEST(Packer, DescribesSplitsAndStatistics) {
  const IdxFolder folder;
  IdxSource source(folder.folder.path());
  const data::DatasetIndex index = pack_dataset(source, small_shards(folder.path("packed")));
  ASSERT_EQ(index.splits.size(), 3u);
  EXPECT_EQ(index.split("train").num_samples, 25u);
  EXPECT_EQ(index.split("validation").num_samples, 5u);
  EXPECT_EQ(index.split("test").num_samples, 12u);
  EXPECT_EQ(index.source_kind, "idx");
  EXPECT_EQ(index.statistics[1].minimum[0], 0);
  EXPECT_EQ(index.statistics[1].maximum[0], 9);
  EXPECT_EQ(data::read_dataset_layout(index.folder), index);
}

TEST(Packer, MakesByteEqualFilesOfTheSameSource) {
  const IdxFolder folder;
  IdxSource source(folder.folder.path());
  pack_dataset(source, small_shards(folder.path("a")));
  pack_dataset(source, small_shards(folder.path("b")));
  ASSERT_EQ(names_in(folder.path("a")), names_in(folder.path("b")));
  for (const std::string& name : names_in(folder.path("a"))) {
    if (name == "shards") continue;
    EXPECT_EQ(file_text(folder.path("a/" + name)), file_text(folder.path("b/" + name))) << name;
  }
}

TEST(Packer, AnotherSeedMakesAnotherDataSet) {
  const IdxFolder folder;
  IdxSource source(folder.folder.path());
  PackSettings other = small_shards(folder.path("b"));
  other.plan.seed = 1;
  EXPECT_NE(pack_dataset(source, small_shards(folder.path("a"))).uuid, pack_dataset(source, other).uuid);
}

TEST(Packer, RefusesFoldersThatHoldSomethingElse) {
  const IdxFolder folder;
  IdxSource source(folder.folder.path());
  expect_error(Fault::usage, {"not empty", "-o"}, [&] { pack_dataset(source, small_shards(folder.folder.path())); });
  expect_error(Fault::usage, {"not a folder"},
               [&] { pack_dataset(source, small_shards(folder.path("train-images-idx3-ubyte"))); });
  pack_dataset(source, small_shards(folder.path("packed")));
  const std::vector<std::string> before = names_in(folder.path("packed"));
  expect_error(Fault::usage, {"holds a packed data set already"},
               [&] { pack_dataset(source, small_shards(folder.path("packed"))); });
  EXPECT_EQ(names_in(folder.path("packed")), before);
}

TEST(Packer, TakesUpAFolderThatAKilledPackLeft) {
  const IdxFolder folder;
  IdxSource source(folder.folder.path());
  const std::filesystem::path unfinished = folder.path("packed");
  std::filesystem::create_directories(unfinished / "shards");
  for (const char* name : {".hpctrain-packing", "manifest.h5.tmp", "shards/shard-000000.h5", "shards/shard-000099.h5",
                           "shards/shard-000001.h5.tmp"}) {
    std::ofstream(unfinished / name) << "left behind";
  }
  pack_dataset(source, small_shards(unfinished));
  pack_dataset(source, small_shards(folder.path("fresh")));
  EXPECT_EQ(names_in(unfinished), names_in(folder.path("fresh")));
}

TEST(Packer, DoesNotDisturbAnotherPackerAtWork) {
  const IdxFolder folder;
  IdxSource source(folder.folder.path());
  std::filesystem::create_directories(folder.path("packed"));
  const OwnedDescriptor marker = open_retrying(folder.path("packed/.hpctrain-packing"), O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(marker.get(), LOCK_EX), 0);
  expect_error(Fault::usage, {"another hpctrain-pack"},
               [&] { pack_dataset(source, small_shards(folder.path("packed"))); });
  EXPECT_EQ(names_in(folder.path("packed")), (std::vector<std::string>{".hpctrain-packing"}));
}

/// Fails at one record, as a damaged image in the middle of a folder would.
class FailingSource final : public Source {
 public:
  FailingSource(Source& inner, std::uint64_t failing) : inner_(inner), failing_(failing) {}
  std::string kind() const override { return inner_.kind(); }
  std::vector<data::FieldSchema> fields() const override { return inner_.fields(); }
  std::vector<SourceSplit> splits() const override { return inner_.splits(); }
  std::string identity() const override { return inner_.identity(); }
  void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const override {
    require(record != failing_, Fault::data, "record 37 is damaged");
    inner_.read_record(record, rows);
  }

 private:
  Source& inner_;
  std::uint64_t failing_;
};

TEST(Packer, LeavesNothingBehindAfterAnError) {
  const IdxFolder folder;
  IdxSource source(folder.folder.path());
  FailingSource failing(source, 37);
  expect_error(Fault::data, {"record 37"}, [&] { pack_dataset(failing, small_shards(folder.path("packed"))); });
  EXPECT_FALSE(std::filesystem::exists(folder.path("packed")));
  std::filesystem::create_directories(folder.path("empty"));
  expect_error(Fault::data, {"record 37"}, [&] { pack_dataset(failing, small_shards(folder.path("empty"))); });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path("empty")));
}

}  // namespace
}  // namespace hpctrain::pack
