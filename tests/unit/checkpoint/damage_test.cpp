// Damaged checkpoints: found, named, set aside, and the previous one used.
#include "checkpoint/defect.hpp"
#include "support/sample_run.hpp"

namespace hpctrain::checkpoint {
namespace {

constexpr const char* kFiles[] = {kModelFile, kOptimizerFile, kManifestFile};

class Damage : public testing::Test {
 protected:
  Damage() : disk_(make_disk()) {
    Start start(disk_);
    start.save(1);
    start.save(2);
  }

  /// Restores; the single warning expected.
  std::string restore_previous() {
    Start start(disk_);
    TrainingState state = make_state(0);
    const auto restored = start.store().restore_newest(state);
    EXPECT_TRUE(restored.has_value());
    EXPECT_EQ(restored->step, 1U);
    expect_state_of_step(state, 1);
    EXPECT_EQ(restored->warnings.size(), 1U);
    return restored->warnings.empty() ? "" : restored->warnings.front();
  }

  std::vector<std::string> quarantined() { return disk_.list_folder(checkpoints_folder(kRun) / kQuarantineFolder); }

  SimulatedFileSystem disk_;
};

TEST_F(Damage, OfAnyByteIsFound) {
  for (const char* file : kFiles) {
    const auto path = step_folder(2) / file;
    const std::string sound = disk_.read_file(path);
    for (std::size_t i = 0; i < sound.size(); ++i) {
      std::string flipped = sound;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
      overwrite(disk_, path, flipped);
      EXPECT_THROW(load_checkpoint(disk_, step_folder(2)), CheckpointDefect) << file << " byte " << i;
    }
    overwrite(disk_, path, sound);
  }
  EXPECT_EQ(load_checkpoint(disk_, step_folder(2)).manifest.step, 2U);
}

TEST_F(Damage, OfABitIsNamedAndThePreviousCheckpointUsed) {
  const std::pair<const char*, const char*> slugs[] = {
      {kModelFile, "file-digest"}, {kOptimizerFile, "file-digest"}, {kManifestFile, "manifest-digest"}};
  for (const auto& [file, slug] : slugs) {
    disk_ = make_disk();
    Start start(disk_);
    start.save(1);
    start.save(2);
    std::string bytes = disk_.read_file(step_folder(2) / file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    overwrite(disk_, step_folder(2) / file, bytes);

    const std::string warning = restore_previous();
    EXPECT_NE(warning.find("step-0000000002 is damaged"), std::string::npos) << warning;
    EXPECT_NE(warning.find("continuing from step-0000000001"), std::string::npos) << warning;
    EXPECT_THAT(quarantined(), testing::ElementsAre("step-0000000002-" + std::string(slug) + "-1"));
    EXPECT_FALSE(disk_.exists(step_folder(2)));
  }
}

TEST_F(Damage, ByTruncationIsNamedWithTheBytes) {
  const std::string bytes = disk_.read_file(step_folder(2) / kModelFile);
  overwrite(disk_, step_folder(2) / kModelFile, bytes.substr(0, bytes.size() - 3));
  const std::string warning = restore_previous();
  EXPECT_NE(warning.find(kModelFile), std::string::npos) << warning;
  EXPECT_NE(warning.find(std::to_string(bytes.size() - 3)), std::string::npos) << warning;
  EXPECT_THAT(quarantined(), testing::ElementsAre("step-0000000002-file-size-1"));
}

TEST_F(Damage, ByAMissingFileIsNamed) {
  disk_.remove_all(step_folder(2) / kOptimizerFile);
  EXPECT_NE(restore_previous().find("optimizer.safetensors is missing"), std::string::npos);
}

TEST_F(Damage, ByAMissingManifestIsNamed) {
  disk_.remove_all(step_folder(2) / kManifestFile);
  EXPECT_NE(restore_previous().find("MANIFEST.json is missing"), std::string::npos);
}

TEST_F(Damage, ByASwappedFileOfAnotherStepIsFound) {
  overwrite(disk_, step_folder(2) / kModelFile, disk_.read_file(step_folder(1) / kModelFile));
  EXPECT_NE(restore_previous().find("does not match its digest"), std::string::npos);
}

TEST_F(Damage, ByARenamedFolderIsFound) {
  disk_.rename_no_replace(step_folder(2), step_folder(5));
  EXPECT_NE(restore_previous().find("manifest is of step 2"), std::string::npos);
}

TEST_F(Damage, ByACheckpointOfAnotherRunIsFound) {
  SimulatedFileSystem other = make_disk();
  Start(other).save(2);
  for (const char* file : kFiles) {
    overwrite(disk_, step_folder(2) / file, other.read_file(step_folder(2) / file));
  }
  EXPECT_NE(restore_previous().find("belongs to another run"), std::string::npos);
}

TEST_F(Damage, OfAllCheckpointsEndsTheRunEveryTimeItIsStarted) {
  for (const std::uint64_t step : {1U, 2U}) overwrite(disk_, step_folder(step) / kModelFile, "gone");
  for (int start = 0; start < 3; ++start) {
    std::string message;
    EXPECT_EQ(fault_of([&] { restored_step(disk_); }, &message), Fault::no_checkpoint);
    EXPECT_NE(message.find("step-0000000001: model.safetensors has 4 bytes"), std::string::npos) << message;
    EXPECT_NE(message.find("step-0000000002: model.safetensors has 4 bytes"), std::string::npos) << message;
  }
}

TEST_F(Damage, ThatLeftOnlyQuarantineIsNotANewRun) {
  overwrite(disk_, step_folder(2) / kModelFile, "gone");
  EXPECT_EQ(restored_step(disk_), 1U);
  disk_.remove_all(step_folder(1));
  EXPECT_EQ(fault_of([&] { restored_step(disk_); }), Fault::no_checkpoint);
}

TEST_F(Damage, IsSetAsideWithoutLosingThePreviousWhereverPowerFails) {
  overwrite(disk_, step_folder(2) / kModelFile, "gone");
  disk_.sync_folder(step_folder(2));
  for (std::uint64_t k = 0;; ++k) {
    SimulatedFileSystem disk = disk_.after_kill();
    disk.crash_at(disk.operations() + k);
    try {
      restored_step(disk);
    } catch (const Error&) {
    }
    for (const PowerLoss& loss : {PowerLoss{}, PowerLoss{.keeps_data = true, .keeps_entries = true}}) {
      SimulatedFileSystem revived = disk.after_power_loss(loss);
      EXPECT_EQ(restored_step(revived), 1U) << "operation " << k;
    }
    if (!disk.has_injected()) break;
  }
}

TEST_F(Damage, OfTheHintDoesNotMatter) {
  for (const char* hint : {"", "ckpt/step-0000000077\n", "../../etc\n"}) {
    overwrite(disk_, kRun / "LATEST", hint);
    EXPECT_EQ(restored_step(disk_), 2U);
  }
  disk_.remove_all(kRun / "LATEST");
  EXPECT_EQ(restored_step(disk_), 2U);
}

TEST_F(Damage, OfTheRunIdFileDoesNotLoseTheCheckpoints) {
  disk_.remove_all(checkpoints_folder(kRun) / "RUN_ID");
  EXPECT_EQ(restored_step(disk_), 2U);
  overwrite(disk_, checkpoints_folder(kRun) / "RUN_ID", "../evil\n");
  EXPECT_EQ(restored_step(disk_), 2U);
}

TEST_F(Damage, AtTheStepBeingSavedIsReplacedByAGoodCheckpoint) {
  overwrite(disk_, step_folder(2) / kModelFile, "gone");
  Start(disk_).save(2);
  EXPECT_EQ(restored_step(disk_), 2U);
  EXPECT_THAT(quarantined(), testing::ElementsAre("step-0000000002-file-size-1"));
}

TEST_F(Damage, IsNotWhatAForeignNetworkIsCalled) {
  Start start(disk_);
  std::string message;
  TrainingState wider = make_state(0);
  wider.parameters[1].tensor = torch::zeros({5, 1});
  EXPECT_EQ(fault_of([&] { start.store().restore_newest(wider); }, &message), Fault::usage);
  EXPECT_NE(message.find("'fc.bias' is F32[4,1] there and F32[5,1] here"), std::string::npos) << message;

  TrainingState more = make_state(0);
  more.optimizer.push_back({"momentum/fc.bias", torch::zeros({4, 1})});
  EXPECT_EQ(fault_of([&] { start.store().restore_newest(more); }, &message), Fault::usage);
  EXPECT_NE(message.find("'momentum/fc.bias' is missing in the checkpoint"), std::string::npos) << message;

  TrainingState fewer = make_state(0);
  fewer.buffers.clear();
  EXPECT_EQ(fault_of([&] { start.store().restore_newest(fewer); }, &message), Fault::usage);
  EXPECT_NE(message.find("'bn.num_batches_tracked' is unknown here"), std::string::npos) << message;

  TrainingState halved = make_state(0);
  halved.parameters[0].tensor = torch::zeros({2, 3}, torch::kHalf);
  EXPECT_EQ(fault_of([&] { start.store().restore_newest(halved); }, &message), Fault::usage);
  EXPECT_NE(message.find("'conv.weight' is F32[2,3] there and F16[2,3] here"), std::string::npos) << message;
  EXPECT_EQ(restored_step(disk_), 2U);
}

}  // namespace
}  // namespace hpctrain::checkpoint
