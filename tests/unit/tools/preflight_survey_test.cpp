// Facts that ranks of one process gather about themselves.
#include "tools/preflight_survey.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cmath>

#include "comm/thread_communicator.hpp"
#include "tools/clock_offsets.hpp"

namespace hpctrain::tools {
namespace {

constexpr int kRanksOfANode = 2;

/// Ranks 0 and 1 on n1, 2 and 3 on n2, and so on.
Placement placement_of(const comm::Communicator& world) {
  Placement placement;
  placement.rank = world.rank();
  placement.world = world.size();
  placement.node = world.rank() / kRanksOfANode;
  placement.nodes = world.size() / kRanksOfANode;
  placement.local_rank = world.rank() % kRanksOfANode;
  placement.local_world = kRanksOfANode;
  placement.host = "n" + std::to_string(placement.node + 1);
  return placement;
}

TEST(SurveyAll, EveryRankLearnsOfEveryNodeAndRank) {
  std::atomic<int> surveys{0};
  comm::run_ranks(4, [&](comm::Communicator& world) {
    const Placement placement = placement_of(world);
    comm::Launch launch;
    launch.kind = comm::LaunchKind::slurm;
    launch.world = 6;
    train::RunSettings settings;
    settings.train.threads = 3;
    settings.wall_time.stop_margin_seconds = 90;
    const comm::Environment environment = {{"SLURM_JOB_ID", "7"},
                                           {"SLURM_NTASKS", "6"},
                                           {"SLURM_GPUS_ON_NODE", "2"},
                                           {"SLURM_JOB_CPUS_PER_NODE", "1(x2)"}};
    const auto facts = survey_all(world, {placement, launch, environment, settings, 2});
    ASSERT_EQ(facts.nodes.size(), 2U);
    ASSERT_EQ(facts.ranks.size(), 4U);
    EXPECT_EQ(facts.nodes[1].host, "n2");
    EXPECT_EQ(facts.nodes[1].granted_gpus, 2);
    EXPECT_EQ(facts.nodes[0].held_cpus, 1U);
    EXPECT_LT(std::abs(facts.nodes[1].clock_ahead_seconds), 0.5);
    EXPECT_EQ(facts.ranks[3].node, 1);
    EXPECT_EQ(facts.ranks[3].operation_threads, 3);
    EXPECT_EQ(facts.ranks[3].cpu_share, 2U);
    EXPECT_FALSE(facts.ranks[3].cpus.empty());
    EXPECT_EQ(facts.job.launched, 6);
    EXPECT_EQ(facts.job.allocated_tasks, 6);
    EXPECT_EQ(facts.job.stop_reserve_seconds, 90);
    EXPECT_TRUE(facts.job.is_in_allocation);
    EXPECT_FALSE(facts.nodes[0].data_obstacle.has_value());
    ++surveys;
  });
  EXPECT_EQ(surveys, 4);
}

/// Hands everything on; what rank one says of its clock is 100 seconds late.
class LateClock final : public comm::Communicator {
 public:
  explicit LateClock(comm::Communicator& other) : other_(other) {}
  int rank() const noexcept override { return other_.rank(); }
  int size() const noexcept override { return other_.size(); }
  void barrier() override { other_.barrier(); }
  void broadcast(comm::Span span, int root) override { other_.broadcast(span, root); }
  void all_reduce(comm::Span span, comm::ReduceOp op) override { other_.all_reduce(span, op); }
  std::unique_ptr<comm::PendingCollective> start_all_reduce(comm::Span span, comm::ReduceOp op) override {
    return other_.start_all_reduce(span, op);
  }
  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override { other_.all_gather(mine, all); }
  void send(std::span<const std::byte> bytes, int to, int tag) override {
    double reading = 0;
    ASSERT_EQ(bytes.size(), sizeof(reading));
    std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(&reading, 1)).begin());
    if (rank() == 1) reading -= 100;
    other_.send(std::as_bytes(std::span(&reading, 1)), to, tag);
  }
  void receive(std::span<std::byte> bytes, int from, int tag) override { other_.receive(bytes, from, tag); }
  std::unique_ptr<comm::Communicator> split(int colour, int key) override { return other_.split(colour, key); }

 private:
  comm::Communicator& other_;
};

TEST(MeasureClockAhead, FindsTheRankWhoseClockIsLate) {
  std::array<double, 3> ahead{};
  comm::run_ranks(3, [&](comm::Communicator& world) {
    LateClock late(world);
    ahead[static_cast<std::size_t>(world.rank())] = measure_clock_ahead(late);
  });
  EXPECT_EQ(ahead[0], 0);
  EXPECT_NEAR(ahead[1], -100, 0.5);
  EXPECT_NEAR(ahead[2], 0, 0.5);
}

}  // namespace
}  // namespace hpctrain::tools
