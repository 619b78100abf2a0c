// Two starts of one run: the later one owns it, whatever the older one is doing.
#include <functional>

#include "support/sample_run.hpp"

namespace hpctrain::checkpoint {
namespace {

using testing::ElementsAre;

/// A file system that calls `before` ahead of its k-th operation: another process acting at that very moment.
class Interrupted final : public FileSystem {
 public:
  explicit Interrupted(FileSystem& files) : files_(files) {}

  void interrupt_at(std::uint64_t k, std::function<void()> before) {
    countdown_ = k;
    before_ = std::move(before);
  }
  bool was_interrupted() const { return !before_; }

  std::unique_ptr<WritableFile> create_file(const std::filesystem::path& path) override {
    return next().create_file(path);
  }
  std::string read_file(const std::filesystem::path& path) override { return next().read_file(path); }
  bool exists(const std::filesystem::path& path) override { return next().exists(path); }
  std::uint64_t file_bytes(const std::filesystem::path& path) override { return next().file_bytes(path); }
  std::vector<std::string> list_folder(const std::filesystem::path& folder) override {
    return next().list_folder(folder);
  }
  void create_folders(const std::filesystem::path& folder) override { next().create_folders(folder); }
  void rename_replacing(const std::filesystem::path& from, const std::filesystem::path& to) override {
    next().rename_replacing(from, to);
  }
  void rename_no_replace(const std::filesystem::path& from, const std::filesystem::path& to) override {
    next().rename_no_replace(from, to);
  }
  void remove_all(const std::filesystem::path& path) override { next().remove_all(path); }
  void sync_folder(const std::filesystem::path& folder) override { next().sync_folder(folder); }

 private:
  FileSystem& next() {
    if (before_ && countdown_-- == 0) std::exchange(before_, nullptr)();
    return files_;
  }

  FileSystem& files_;
  std::uint64_t countdown_ = 0;
  std::function<void()> before_;
};

/// It renames what it prunes and then removes it, and may not have noticed yet that it is fenced.
TEST(Fence, AnOlderStartThatTidiesDisturbsNoNewerOne) {
  for (std::uint64_t k = 0;; ++k) {
    SimulatedFileSystem disk = make_disk();
    {
      Start older(disk, 5);
      for (std::uint64_t step = 1; step <= 3; ++step) older.save(step);
    }
    Interrupted seen_by_newer(disk);
    seen_by_newer.interrupt_at(k, [&] {
      const auto folder = checkpoints_folder(kRun);
      disk.rename_no_replace(folder / step_folder_name(1), folder / ".tmp-remove-step-0000000001");
      disk.remove_all(folder / ".tmp-remove-step-0000000001");
    });
    EXPECT_EQ(restored_step(seen_by_newer), 3u) << "pruned before operation " << k;
    if (!seen_by_newer.was_interrupted()) break;
    EXPECT_FALSE(disk.exists(checkpoints_folder(kRun) / kQuarantineFolder)) << "what was pruned is no damage";
  }
}

TEST(Fence, HoldsAtAnyMomentOfAnOlderCommit) {
  bool has_fenced = false;
  for (std::uint64_t k = 0;; ++k) {
    SimulatedFileSystem disk = make_disk();
    Interrupted seen_by_older(disk);
    Start older(seen_by_older);
    older.save(1);
    std::optional<std::uint64_t> step_of_newer;
    seen_by_older.interrupt_at(k, [&] { step_of_newer = restored_step(disk); });
    const auto fault = fault_of([&] { older.save(2); });
    if (!seen_by_older.was_interrupted()) break;
    SCOPED_TRACE("operation " + std::to_string(k));
    // Either the newer start already saw the commit, or there is none; never an error that blames the disk.
    EXPECT_EQ(fault, step_of_newer == 2U ? std::nullopt : std::optional(Fault::fenced));
    has_fenced = has_fenced || fault.has_value();
    EXPECT_EQ(fault_of([&] { older.save(3); }), Fault::fenced);
    Start newest(disk);
    EXPECT_TRUE(temporaries(disk).empty());
    newest.save(*step_of_newer + 1);
    EXPECT_EQ(restored_step(disk), *step_of_newer + 1);
  }
  EXPECT_TRUE(has_fenced);
}

TEST(Fence, RefusesACommitOfAnOlderStart) {
  SimulatedFileSystem disk = make_disk();
  Start older(disk);
  older.save(1);
  Start newer(disk);
  std::string message;
  EXPECT_EQ(fault_of([&] { older.save(2); }, &message), Fault::fenced);
  EXPECT_NE(message.find("a newer start on host "), std::string::npos) << message;
  EXPECT_TRUE(temporaries(disk).empty());
  newer.save(3);
  EXPECT_TRUE(disk.exists(step_folder(3)));
  EXPECT_FALSE(disk.exists(step_folder(2)));
}

TEST(Fence, NeverChoosesALateCommitOfAnOlderStart) {
  SimulatedFileSystem disk = make_disk();
  Start(disk).save(900);
  SimulatedFileSystem late = disk.after_kill();
  Start older(late);
  older.save(1000);  // what the older process would still manage to rename

  Start newer(disk);
  Start newest(disk);
  newest.save(950);
  disk.create_folders(step_folder(1000));
  for (const char* file : {kModelFile, kOptimizerFile, kManifestFile}) {
    overwrite(disk, step_folder(1000) / file, late.read_file(step_folder(1000) / file));
  }
  EXPECT_EQ(restored_step(disk), 950U);

  Start(disk).save(1000);
  EXPECT_EQ(restored_step(disk), 1000U);
  EXPECT_THAT(disk.list_folder(checkpoints_folder(kRun) / kQuarantineFolder),
              ElementsAre("step-0000001000-superseded-1"));
}

TEST(Fence, IsNotForgottenByAPowerLoss) {
  SimulatedFileSystem disk = make_disk();
  for (int start = 0; start < 4; ++start) Start{disk};
  SimulatedFileSystem revived = disk.after_power_loss();
  Start(revived).save(1);
  EXPECT_EQ(list_checkpoints(revived, kRun).front().manifest->fence, 5U);
}

TEST(Fence, ClaimsAFenceAboveThoseOfManifests) {
  SimulatedFileSystem disk = make_disk();
  { Start first(disk); }
  Start(disk).save(1);
  for (const std::string& name : disk.list_folder(checkpoints_folder(kRun))) {
    if (name.starts_with("FENCE-")) disk.remove_all(checkpoints_folder(kRun) / name);
  }
  Start(disk).save(2);
  EXPECT_EQ(list_checkpoints(disk, kRun).front().manifest->fence, 3U);
}

}  // namespace
}  // namespace hpctrain::checkpoint
