// A commit under crashes and disk errors at every single operation.
#include <cerrno>

#include "support/sample_run.hpp"

namespace hpctrain::checkpoint {
namespace {

constexpr PowerLoss kPowerLosses[] = {
    {},
    {.keeps_data = true},
    {.keeps_entries = true},
    {.keeps_data = true, .keeps_entries = true},
    {.keeps_entries = true, .tears_last_write = true},
};

/// Takes `earlier` checkpoints, crashes at operation `k` of the next; false when the save needs no more than k
/// operations.
template <typename Check>
bool crash_in_save(std::uint64_t earlier, std::uint64_t keep, std::uint64_t k, const Check& check) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk, keep);
  for (std::uint64_t step = 1; step <= earlier; ++step) start.save(step);
  disk.crash_at(disk.operations() + k);
  try {
    start.save(earlier + 1);
  } catch (const Error&) {
  }
  for (const PowerLoss& loss : kPowerLosses) {
    SimulatedFileSystem revived = disk.after_power_loss(loss);
    SCOPED_TRACE("crash at operation " + std::to_string(k) + " of save " + std::to_string(earlier + 1) +
                 ", after: " + disk.operation_log().back());
    check(revived);
  }
  return disk.has_injected();
}

TEST(Commit, OfTheFirstCheckpointLeavesNoneOrAll) {
  std::uint64_t k = 0;
  const auto check = [](FileSystem& files) {
    EXPECT_THAT(restored_step(files), testing::AnyOf(testing::Eq(std::nullopt), testing::Optional(1U)));
    EXPECT_TRUE(temporaries(files).empty());
  };
  while (crash_in_save(0, 3, k, check)) ++k;
  EXPECT_GT(k, 15U);
}

TEST(Commit, OfALaterCheckpointLeavesTheOldOrTheNew) {
  for (const std::uint64_t keep : {1U, 3U}) {
    std::uint64_t k = 0;
    const auto check = [](FileSystem& files) {
      EXPECT_THAT(restored_step(files), testing::Optional(testing::AnyOf(2U, 3U)));
      EXPECT_TRUE(temporaries(files).empty());
    };
    while (crash_in_save(2, keep, k, check)) ++k;
    EXPECT_GT(k, 20U);
  }
}

TEST(Commit, IsDurableWhenSaveReturns) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk, 1);
  for (const std::uint64_t step : {10U, 20U, 30U}) {
    EXPECT_EQ(start.save(step), step_folder(step));
    for (const PowerLoss& loss : kPowerLosses) {
      SimulatedFileSystem revived = disk.after_power_loss(loss);
      EXPECT_EQ(restored_step(revived), step);
    }
  }
}

TEST(Start, SurvivesACrashAtEveryOperation) {
  for (std::uint64_t k = 0;; ++k) {
    SimulatedFileSystem disk = make_disk();
    Start(disk).save(7);
    disk.crash_at(disk.operations() + k);
    try {
      Start start(disk);
      TrainingState state = make_state(0);
      EXPECT_EQ(start.store().restore_newest(state)->step, 7U);
    } catch (const Error&) {
    }
    for (const PowerLoss& loss : kPowerLosses) {
      SimulatedFileSystem revived = disk.after_power_loss(loss);
      EXPECT_EQ(restored_step(revived), 7U) << "operation " << k;
      EXPECT_TRUE(temporaries(revived).empty());
    }
    if (!disk.has_injected()) break;
  }
}

/// One failing operation, or a disk that stays broken from there on.
void fail_in_save(int error_number, bool stays_broken) {
  for (std::uint64_t k = 0;; ++k) {
    SimulatedFileSystem disk = make_disk();
    Start start(disk);
    start.save(1);
    const std::uint64_t operation = disk.operations() + k;
    stays_broken ? disk.fail_changes_from(operation, error_number) : disk.fail_at(operation, error_number);
    std::string message;
    const auto fault = fault_of([&] { start.save(2); }, &message);
    if (!disk.has_injected()) break;
    SCOPED_TRACE("operation " + std::to_string(k) + ": " + disk.operation_log().at(operation) + "; " + message);
    EXPECT_THAT(fault, testing::AnyOf(testing::Eq(std::nullopt), testing::Optional(Fault::storage)));
    SimulatedFileSystem revived = disk.after_power_loss();
    if (fault.has_value()) {
      EXPECT_NE(message.find("/runs/a/"), std::string::npos);
      EXPECT_TRUE(temporaries(disk).empty());
      EXPECT_EQ(load_checkpoint(disk, step_folder(1)).manifest.step, 1U);
      EXPECT_THAT(restored_step(revived), testing::Optional(testing::AnyOf(1U, 2U)));
    } else {
      EXPECT_EQ(restored_step(revived), 2U);
    }
    EXPECT_TRUE(temporaries(revived).empty());
  }
}

TEST(Commit, KeepsThePreviousCheckpointWhenAnOperationFails) {
  fail_in_save(EIO, false);
  fail_in_save(ENOSPC, false);
}

TEST(Commit, KeepsThePreviousCheckpointOnADiskThatStaysFull) {
  fail_in_save(ENOSPC, true);
}

TEST(Commit, SucceedsAgainOnceTheDiskHasRoom) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk);
  start.save(1);
  disk.fail_at(disk.operations() + 8, ENOSPC);
  EXPECT_EQ(fault_of([&] { start.save(2); }), Fault::storage);
  ASSERT_TRUE(disk.has_injected());
  start.save(2);
  EXPECT_EQ(restored_step(disk), 2U);
}

}  // namespace
}  // namespace hpctrain::checkpoint
