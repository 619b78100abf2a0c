#include "core/node_scratch.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.hpp"

namespace hpctrain {
namespace {

TEST(NodeScratch, TakesTheSchedulersFolderBeforeTheUsersAndTheUsualOnes) {
  const auto candidates = plan_scratch_candidates({{"TMPDIR", "/mine"}, {"SLURM_TMPDIR", "/job"}});
  ASSERT_GE(candidates.size(), 3u);
  EXPECT_EQ(candidates[0], "/job");
  EXPECT_EQ(candidates[1], "/mine");
  EXPECT_EQ(candidates.back(), "/tmp");
}

TEST(NodeScratch, IgnoresNamesThatAreEmptyOrRelative) {
  EXPECT_EQ(plan_scratch_candidates({{"TMPDIR", ""}, {"SLURM_TMPDIR", "here"}}), plan_scratch_candidates({}));
}

TEST(NodeScratch, PassesOverWhatIsMissingOrNoFolder) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto found = find_node_scratch({folder.path() / "missing", folder.path() / "file", folder.path()});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->folder, folder.path());
  EXPECT_GT(found->total_bytes, 0u);
  EXPECT_LE(found->free_bytes, found->total_bytes);
}

TEST(NodeScratch, IsEmptyWhereNothingFits) {
  EXPECT_FALSE(find_node_scratch({"/nowhere/at/all"}).has_value());
}

}  // namespace
}  // namespace hpctrain
