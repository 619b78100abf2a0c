// Saves that are written while training goes on: what they hold, what becomes of their errors, when they are skipped.
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "support/forwarding_file_system.hpp"
#include "support/sample_run.hpp"

namespace hpctrain::checkpoint {
namespace {

/// Lets no file be created under a checkpoint's temporary folder while the gate is shut.
class GatedFileSystem final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  std::unique_ptr<WritableFile> create_file(const Path& path) override {
    if (path.string().find(".tmp-step") != std::string::npos) {
      std::unique_lock lock(mutex_);
      opened_.wait(lock, [this] { return is_open_; });
    }
    return ForwardingFileSystem::create_file(path);
  }

  void open(bool is_open) {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = is_open;
    }
    opened_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

class BackgroundSave : public testing::Test {
 protected:
  ~BackgroundSave() override { gate_.open(true); }

  bool start_save(std::uint64_t step, WhenBusy when_busy = WhenBusy::skip) {
    return start_.store().start_save(make_state(step), make_record(step), when_busy);
  }

  SimulatedFileSystem disk_ = make_disk();
  GatedFileSystem gate_{disk_};
  Start start_{gate_};
};

TEST_F(BackgroundSave, HoldsTheStateOfItsStepWhateverLaterStepsDo) {
  TrainingState state = make_state(1);
  ASSERT_TRUE(start_.store().start_save(state, make_record(1), WhenBusy::skip));
  {
    const torch::NoGradGuard no_grad;  // the writer has not created its first file yet
    for (auto* group : {&state.parameters, &state.optimizer, &state.buffers}) {
      for (NamedTensor& named : *group) named.tensor.add_(1000);
    }
  }
  gate_.open(true);
  const auto reports = start_.store().settle(true);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].folder, step_folder(1));
  EXPECT_EQ(restored_step(disk_), 1U);
}

TEST_F(BackgroundSave, IsNoNewsBeforeItsCommit) {
  ASSERT_TRUE(start_save(1));
  EXPECT_FALSE(start_.store().has_news());
  EXPECT_TRUE(start_.store().settle(false).empty());
  EXPECT_FALSE(disk_.exists(step_folder(1)));
  gate_.open(true);
  ASSERT_EQ(start_.store().settle(true).size(), 1U);
  EXPECT_TRUE(disk_.exists(step_folder(1)));
}

TEST_F(BackgroundSave, IsDurableWhenItIsNews) {
  gate_.open(true);
  ASSERT_TRUE(start_save(1));
  ASSERT_EQ(start_.store().settle(true).size(), 1U);
  SimulatedFileSystem revived = disk_.after_power_loss();
  EXPECT_EQ(restored_step(revived), 1U);
}

TEST_F(BackgroundSave, IsSkippedWhereBothSlabsAreTaken) {
  EXPECT_TRUE(start_save(1));
  EXPECT_TRUE(start_save(2));
  EXPECT_FALSE(start_save(3));
  gate_.open(true);
  EXPECT_EQ(start_.store().settle(true).size(), 2U);
  EXPECT_TRUE(start_save(4));
  EXPECT_EQ(start_.store().settle(true).size(), 1U);
  EXPECT_EQ(restored_step(disk_), 4U);
}

TEST_F(BackgroundSave, WaitsForRoomWhereItMustNotBeSkipped) {
  gate_.open(true);
  for (std::uint64_t step = 1; step <= 6; ++step) EXPECT_TRUE(start_save(step, WhenBusy::wait));
  const auto reports = start_.store().settle(true);
  ASSERT_EQ(reports.size(), 6U);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    EXPECT_EQ(reports[i].step, i + 1);
    EXPECT_EQ(reports[i].steering, make_record(i + 1).steering);
    EXPECT_GE(reports[i].seconds, 0);
  }
}

TEST_F(BackgroundSave, ReportsItsErrorAndLeavesTheCheckpointBefore) {
  gate_.open(true);
  start_save(1);
  start_.store().settle(true);
  disk_.fail_changes_from(disk_.operations(), ENOSPC);
  ASSERT_TRUE(start_save(2));
  const auto reports = start_.store().settle(true);
  ASSERT_EQ(reports.size(), 1U);
  ASSERT_TRUE(reports[0].failure.has_value());
  EXPECT_EQ(reports[0].failure->fault(), Fault::storage);
  EXPECT_TRUE(reports[0].failure->is_agreed());
  EXPECT_TRUE(reports[0].folder.empty());
  EXPECT_TRUE(temporaries(disk_).empty());
  SimulatedFileSystem revived = disk_.after_kill();
  EXPECT_EQ(restored_step(revived), 1U);
}

TEST_F(BackgroundSave, HearsOfANewerStart) {
  ASSERT_TRUE(start_save(1));
  const Start newer(disk_);
  gate_.open(true);
  const auto reports = start_.store().settle(true);
  ASSERT_EQ(reports.size(), 1U);
  ASSERT_TRUE(reports[0].failure.has_value());
  EXPECT_EQ(reports[0].failure->fault(), Fault::fenced);
  EXPECT_FALSE(disk_.exists(step_folder(1)));
}

TEST_F(BackgroundSave, IsFinishedBeforeASaveThatIsWaitedFor) {
  gate_.open(true);
  start_save(1);
  start_.save(2);
  EXPECT_TRUE(disk_.exists(step_folder(1)));
  EXPECT_EQ(restored_step(disk_), 2U);
}

}  // namespace
}  // namespace hpctrain::checkpoint
