// The guard around the child, with shell scripts in the packer's place: they print, crash, hang and flood.
#include "data/index_child.hpp"

#include <gtest/gtest.h>

#include "core/clock.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::expect_error;
using test::PackedFixture;

class FakePacker {
 public:
  explicit FakePacker(const std::string& body) : path_(folder_ / "packer") {
    std::ofstream(path_) << "#!/bin/sh\n" << body << "\n";
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  hpctrain::test::TemporaryFolder folder_;
  std::filesystem::path path_;
};

TEST(IndexChild, ReturnsTheIndexThatTheChildPrints) {
  const PackedFixture packed;
  std::ofstream(packed.folder / "index.json") << index_to_text(packed.index);
  const FakePacker packer("cat \"$2/index.json\"");
  EXPECT_EQ(index_dataset(packer.path(), packed.folder), packed.index);
}

TEST(IndexChild, PassesCommandFolderAndLimitsOn) {
  const FakePacker packer("echo \"hpctrain-pack: $*\" >&2; exit 65");
  expect_error(Fault::data, {"index /some/set --memory-limit 1000000 --cpu-limit 3"}, [&] {
    index_dataset(packer.path(), "/some/set", {1000000, 2.5});
  });
}

TEST(IndexChild, PassesTheChildsMessageOn) {
  const FakePacker packer(
      "echo noise >&2; echo 'hpctrain-pack: /x/shard-3.h5: is missing; pack it again' >&2; exit 65");
  try {
    index_dataset(packer.path(), "/x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "/x/shard-3.h5: is missing; pack it again");
  }
}

TEST(IndexChild, NamesTheFolderWhenTheChildCrashes) {
  const FakePacker packer("kill -SEGV $$");
  expect_error(Fault::data, {"/some/set", "crashed (signal 11", "pack it again"},
               [&] { index_dataset(packer.path(), "/some/set"); });
}

TEST(IndexChild, NamesTheFileThatTheChildCrashedOver) {
  const FakePacker packer("echo noise >&2; echo 'while reading /some/set/shards/shard-000003.h5' >&2; kill -SEGV $$");
  expect_error(Fault::data, {"/some/set", "crashed (signal 11", "while reading /some/set/shards/shard-000003.h5"},
               [&] { index_dataset(packer.path(), "/some/set"); });
}

TEST(IndexChild, NamesTheFileThatTheChildHungOver) {
  const FakePacker packer("trap 'echo while reading shard-000004.h5 >&2; kill -KILL $$' TERM; while :; do :; done");
  expect_error(Fault::data, {"took longer than 0.2 s, while reading shard-000004.h5"}, [&] {
    index_dataset(packer.path(), "/some/set", {1u << 30, 0.2});
  });
}

TEST(IndexChild, WaitsForAChildThatReadsOn) {
  const PackedFixture packed;
  std::ofstream(packed.folder / "index.json") << index_to_text(packed.index);
  // The shell itself reads, as the packer would one shard after another.
  const FakePacker packer(
      "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; read -r line < \"$0\"; done; cat \"$2/index.json\"");
  EXPECT_EQ(index_dataset(packer.path(), packed.folder, {1u << 30, 0.6}), packed.index);
}

TEST(IndexChild, KillsAChildThatHangs) {
  const FakePacker packer("exec sleep 30");
  const Stopwatch watch;
  expect_error(Fault::data, {"/some/set", "took longer than 0.2 s"}, [&] {
    index_dataset(packer.path(), "/some/set", {1u << 30, 0.2});
  });
  EXPECT_LT(watch.seconds(), 5);
}

TEST(IndexChild, StopsAChildThatFloods) {
  const FakePacker packer("yes 'an error without end' >&2");
  expect_error(Fault::data, {"/some/set", "more than any data set needs"},
               [&] { index_dataset(packer.path(), "/some/set"); });
}

TEST(IndexChild, RefusesOutputThatIsNoIndex) {
  const FakePacker packer("echo hello");
  expect_error(Fault::data, {"index"}, [&] { index_dataset(packer.path(), "/some/set"); });
}

TEST(IndexChild, SaysWhatToInstallWhenThePackerIsMissing) {
  expect_error(Fault::usage, {"/nowhere/hpctrain-pack", "install"},
               [] { index_dataset("/nowhere/hpctrain-pack", "/some/set"); });
}

}  // namespace
}  // namespace hpctrain::data
