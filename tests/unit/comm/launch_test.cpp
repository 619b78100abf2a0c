// Environments as the launchers leave them.
#include "comm/launch.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace hpctrain::comm {

namespace {

const Environment kBatchScript = {{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "8"},  {"SLURM_NPROCS", "8"},
                                  {"SLURM_PROCID", "0"}, {"SLURM_LOCALID", "0"}, {"SLURM_NODEID", "0"}};

Environment with(Environment base, const Environment& more) {
  for (const auto& [name, value] : more) base[name] = value;
  return base;
}

const Environment kStepTask = with(kBatchScript, {{"SLURM_STEP_ID", "0"},
                                                  {"SLURM_STEP_NUM_TASKS", "4"},
                                                  {"SLURM_PROCID", "3"},
                                                  {"SLURM_LOCALID", "1"},
                                                  {"SLURM_NTASKS_PER_NODE", "2"}});

TEST(FindAllocatedTasks, IsTheStepsOwnNumberElseNodesTimesTasks) {
  EXPECT_EQ(find_allocated_tasks(kBatchScript), 8);
  EXPECT_EQ(find_allocated_tasks({{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_NUM_NODES", "3"}, {"SLURM_NTASKS_PER_NODE", "2"}}),
            6);
  EXPECT_EQ(find_allocated_tasks({{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_NUM_NODES", "3"}}), std::nullopt);
  EXPECT_EQ(find_allocated_tasks({{"SLURM_NTASKS", "8"}}), std::nullopt) << "left over from nowhere";
}

TEST(FindJobCpusOfNode, ReadsTheListAtTheNodesPlace) {
  const Environment job = {{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_CPUS_PER_NODE", "8(x2),4"}};
  EXPECT_EQ(find_job_cpus_of_node(job), 8);
  EXPECT_EQ(find_job_cpus_of_node(with(job, {{"SLURM_NODEID", "2"}})), 4);
  EXPECT_EQ(find_job_cpus_of_node(with(job, {{"SLURM_NODEID", "3"}})), std::nullopt);
  EXPECT_EQ(find_job_cpus_of_node({}), std::nullopt);
}

TEST(FindJobGpusOfNode, IsUnknownWhereSlurmSaysNothing) {
  EXPECT_EQ(find_job_gpus_of_node({{"SLURM_GPUS_ON_NODE", "4"}}), 4);
  EXPECT_EQ(find_job_gpus_of_node(kBatchScript), std::nullopt);
}

TEST(PlanLaunch, AnEmptyEnvironmentIsASingleProcess) {
  const Launch launch = plan_launch({{"PATH", "/bin"}});
  EXPECT_EQ(launch.kind, LaunchKind::single);
  EXPECT_EQ(launch.world, 1);
}

TEST(PlanLaunch, ReadsMpirun) {
  const Launch launch = plan_launch({{"OMPI_COMM_WORLD_RANK", "5"},
                                     {"OMPI_COMM_WORLD_SIZE", "8"},
                                     {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                     {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"}});
  EXPECT_EQ(launch.kind, LaunchKind::open_mpi);
  EXPECT_EQ(launch.rank, 5);
  EXPECT_EQ(launch.world, 8);
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_world, 4);
}

TEST(PlanLaunch, MpirunInsideASlurmAllocationIsMpirun) {
  // The daemons of mpirun are tasks of a step of their own, one per node.
  const Launch launch =
      plan_launch(with(kStepTask, {{"OMPI_COMM_WORLD_RANK", "6"}, {"OMPI_COMM_WORLD_SIZE", "16"}, {"PMIX_RANK", "6"}}));
  EXPECT_EQ(launch.kind, LaunchKind::open_mpi);
  EXPECT_EQ(launch.rank, 6);
  EXPECT_EQ(launch.world, 16);
}

TEST(PlanLaunch, ABatchScriptWithoutSrunIsASingleProcess) {
  const Launch launch = plan_launch(kBatchScript);
  EXPECT_EQ(launch.kind, LaunchKind::single);
  EXPECT_EQ(launch.world, 1);
}

TEST(PlanLaunch, AStepCountsItsOwnTasksNotTheAllocations) {
  const Launch launch = plan_launch(with(kStepTask, {{"PMIX_RANK", "3"}}));
  EXPECT_EQ(launch.kind, LaunchKind::slurm);
  EXPECT_EQ(launch.rank, 3);
  EXPECT_EQ(launch.world, 4);
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_world, 2);
  EXPECT_TRUE(launch.has_wire_up);
}

TEST(PlanLaunch, ReadsTheTasksOfThisNodeFromTheStepsList) {
  const Environment uneven = with(kStepTask, {{"SLURM_STEP_TASKS_PER_NODE", "4(x2),1,3"}});
  EXPECT_EQ(plan_launch(with(uneven, {{"SLURM_NODEID", "1"}})).local_world, 4);
  EXPECT_EQ(plan_launch(with(uneven, {{"SLURM_NODEID", "2"}})).local_world, 1);
  EXPECT_EQ(plan_launch(with(uneven, {{"SLURM_NODEID", "3"}})).local_world, 3);
}

TEST(PlanLaunch, FallsBackToTheAllocationsTasksPerNodeWhenTheListIsUnreadable) {
  for (const char* list : {"", "x", "4(x", "4(x2", "(x2)", "1"}) {
    const Environment broken = with(kStepTask, {{"SLURM_STEP_TASKS_PER_NODE", list}, {"SLURM_NODEID", "5"}});
    EXPECT_EQ(plan_launch(broken).local_world, 2) << list;
  }
}

TEST(FindJobEnd, ReadsSlurmsVariableAndNothingElse) {
  EXPECT_EQ(find_job_end_unix({{"SLURM_JOB_END_TIME", "1795261500"}}), 1795261500.0);
  EXPECT_FALSE(find_job_end_unix({}).has_value());
  EXPECT_FALSE(find_job_end_unix({{"SLURM_JOB_END_TIME", "soon"}}).has_value());
}

TEST(PlanLaunch, ReadsHydra) {
  const Launch launch =
      plan_launch({{"PMI_RANK", "2"}, {"PMI_SIZE", "4"}, {"MPI_LOCALRANKID", "0"}, {"MPI_LOCALNRANKS", "2"}});
  EXPECT_EQ(launch.kind, LaunchKind::pmi);
  EXPECT_EQ(launch.rank, 2);
  EXPECT_EQ(launch.world, 4);
  EXPECT_EQ(launch.local_world, 2);
}

TEST(PlanLaunch, ReadsPmiTwoOfSlurmWhichTellsOfTheNodeInItsOwnWords) {
  const Launch launch = plan_launch({{"PMI_RANK", "5"},
                                     {"PMI_SIZE", "6"},
                                     {"SLURM_LOCALID", "1"},
                                     {"SLURM_NODEID", "1"},
                                     {"SLURM_STEP_TASKS_PER_NODE", "4,2"}});
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_world, 2);
}

TEST(PlanLaunch, ABarePmixLauncherLeavesTheWorldOpen) {
  const Launch launch = plan_launch({{"PMIX_RANK", "2"}});
  EXPECT_EQ(launch.kind, LaunchKind::pmix);
  EXPECT_FALSE(launch.world.has_value());
  EXPECT_NO_THROW(require_world_matches(launch, 3));
}

TEST(PlanLaunch, IgnoresNumbersThatAreNone) {
  EXPECT_EQ(plan_launch({{"OMPI_COMM_WORLD_RANK", "abc"}}).kind, LaunchKind::single);
  EXPECT_EQ(plan_launch({{"PMI_RANK", "-1"}}).kind, LaunchKind::single);
}

TEST(RequireWorldMatches, RefusesSingletonsAndNamesTheCure) {
  const Launch launch = plan_launch(kStepTask);
  try {
    require_world_matches(launch, 1);
    FAIL() << "four singletons were accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::comm);
    EXPECT_TRUE(error.is_agreed());
    EXPECT_NE(std::string(error.what()).find("srun --mpi=pmix"), std::string::npos);
  }
}

TEST(RequireWorldMatches, AcceptsTheFullWorld) {
  EXPECT_NO_THROW(require_world_matches(plan_launch(kStepTask), 4));
  EXPECT_NO_THROW(require_world_matches(plan_launch({}), 1));
}

TEST(RequireWireUp, RefusesAStepWithoutPmixUnderOpenMpiOnly) {
  const Launch lost = plan_launch(kStepTask);
  EXPECT_THROW(require_wire_up(lost, "Open MPI v4.1.4"), Error);
  EXPECT_NO_THROW(require_wire_up(lost, "MPICH Version: 4.1"));
  const Launch wired = plan_launch(with(kStepTask, {{"PMIX_RANK", "3"}}));
  EXPECT_NO_THROW(require_wire_up(wired, "Open MPI v4.1.4"));
}

TEST(RequireWireUp, AcceptsAStepOfOneTask) {
  const Launch alone = plan_launch(with(kStepTask, {{"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_PROCID", "0"}}));
  EXPECT_NO_THROW(require_wire_up(alone, "Open MPI v4.1.4"));
}

}  // namespace

}  // namespace hpctrain::comm
