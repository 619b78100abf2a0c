// Data, copies and run folders on bad days.
#include "tools/diagnosis.hpp"

#include <gtest/gtest.h>

#include "support/allocation_facts.hpp"

namespace hpctrain::tools {
namespace {

TEST(Diagnosis, ADataSetThatCannotBeReadKeepsItsOwnCode) {
  auto facts = sound_facts();
  facts.job.data_error = "manifest.h5 is damaged; pack it again";
  expect_only(facts, "data set", kFailure, 65, {"manifest.h5 is damaged", "pack it again"});
}

TEST(Diagnosis, ANodeThatDoesNotSeeTheDataIsNamed) {
  auto facts = sound_facts();
  facts.nodes[1].data_obstacle = "/data/set/manifest.h5 cannot be read";
  expect_only(facts, "data set", kFailure, 65, {"n2: /data/set/manifest.h5 cannot be read", "--data"});
}

TEST(Diagnosis, SlowReadingIsAWarningWithTheTimeForTheWholeSet) {
  auto facts = sound_facts();
  facts.nodes[1].reading = Throughput{20'000'000, 2};
  expect_only(facts, "reading", kWarning, 0, {"on n2", "17 min", "cache.mode = replicate"});
}

TEST(Diagnosis, AFewBytesAreNotTimed) {
  auto facts = sound_facts();
  for (auto& node : facts.nodes) node.reading = Throughput{1000, 1};
  expect_only(facts, "reading", FindingLevel::good, 0, {"too little data"});
}

TEST(Diagnosis, DataThatCannotBeLockedAreAWarningWithWhatOtherToolsNeed) {
  auto facts = sound_facts();
  for (auto& node : facts.nodes) node.data_lock_obstacle = "manifest.h5 cannot be locked: No locks available";
  expect_only(facts, "data locks", kWarning, 0, {"n1, n2", "HDF5_USE_FILE_LOCKING=FALSE"});
}

TEST(Diagnosis, ACacheThatIsAskedForAndCannotBeIsAFailure) {
  auto facts = sound_facts();
  facts.job.wants_cache = true;
  facts.nodes[0].cache_obstacle = "/scratch cannot be written: Read-only file system";
  expect_only(facts, "node cache", kFailure, 74, {"n1: /scratch cannot be written", "cache.dir"});
}

TEST(Diagnosis, ACacheThatHoldsLessThanAskedIsAFailure) {
  auto facts = sound_facts();
  facts.job.wants_cache = true;
  facts.nodes[1].cache_plan = "replicate: 10 GiB of shards against 1 GiB of room";
  facts.nodes[1].has_less_cache_than_asked = true;
  expect_only(facts, "node cache", kFailure, 74, {"n2: replicate: 10 GiB of shards against 1 GiB"});
}

TEST(Diagnosis, ACacheThatNobodyAskedForIsAWarning) {
  auto facts = sound_facts();
  facts.nodes[1].is_cache_unwritable = true;
  expect_only(facts, "node cache", kWarning, 0, {"n2", "cache.mode = none"});
}

TEST(Diagnosis, ARunFolderThatOneNodeDoesNotSeeIsAFailure) {
  auto facts = sound_facts();
  facts.nodes[1].run_obstacle = "what rank 0 wrote to /tmp is not there";
  expect_only(facts, "run folder", kFailure, 74, {"n2: what rank 0 wrote to /tmp", "--out"});
}

TEST(Diagnosis, ARunFolderThatCannotBeWrittenIsAFailure) {
  auto facts = sound_facts();
  facts.job.run_error = "cannot create /scratch/runs: No space left on device; make room";
  expect_only(facts, "run folder", kFailure, 74, {"No space left", "make room"});
}

TEST(Diagnosis, SlowSavesAreAWarningWithTheTimeOfAGigabyte) {
  auto facts = sound_facts();
  facts.job.writing = Throughput{10'000'000, 1};
  expect_only(facts, "checkpoint rate", kWarning, 0, {"1 GB takes 1 min 40 s"});
}

}  // namespace
}  // namespace hpctrain::tools
