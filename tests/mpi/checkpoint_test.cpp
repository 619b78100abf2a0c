// ranks: 2 3
// Save and restore on a real folder between real processes.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <torch/utils.h>

#include <filesystem>
#include <fstream>

#include "checkpoint/checkpoint.hpp"
#include "comm/agree.hpp"
#include "comm/mpi_session.hpp"
#include "core/error.hpp"

namespace hpctrain::checkpoint {
namespace {

/// Rank zero's fresh folder, known to all; removed at the end.
class CheckpointOverMpi : public testing::Test {
 protected:
  CheckpointOverMpi() : world_(comm::make_world_communicator()) {
    run_ = comm::run_on_leader(*world_, [] {
      std::string pattern = (std::filesystem::temp_directory_path() / "hpctrain-checkpoint-XXXXXX").string();
      if (mkdtemp(pattern.data()) == nullptr) throw Error(Fault::storage, "mkdtemp failed");
      return pattern;
    });
  }
  ~CheckpointOverMpi() override {
    std::error_code ignored;
    if (world_->is_leader()) std::filesystem::remove_all(run_, ignored);
  }

  static TrainingState make_state(double value) {
    TrainingState state;
    state.parameters = {{"w", torch::full({1000, 37}, value)}};
    state.optimizer = {{"momentum/w", torch::full({1000, 37}, -value)}};
    state.buffers = {{"n", torch::full({}, value, torch::kDouble)}};
    return state;
  }

  void save(CheckpointStore& store, std::uint64_t step) {
    CheckpointRecord record;
    record.step = step;
    record.steering = {{"cursor", step}};
    store.save(make_state(static_cast<double>(step)), record);
  }

  std::unique_ptr<comm::Communicator> world_;
  std::filesystem::path run_;
};

TEST_F(CheckpointOverMpi, EveryRankContinuesFromWhatWasSaved) {
  CheckpointStore store(run_, *world_, posix_file_system(), {});
  for (const std::uint64_t step : {10U, 20U}) save(store, step);

  CheckpointStore next_start(run_, *world_, posix_file_system(), {});
  TrainingState state = make_state(-1.0 - world_->rank());
  const auto restored = next_start.restore_newest(state);
  ASSERT_TRUE(restored.has_value());
  EXPECT_EQ(restored->step, 20U);
  EXPECT_EQ(restored->steering, (nlohmann::json{{"cursor", 20}}));
  EXPECT_EQ(state_digest(state), state_digest(make_state(20)));
}

TEST_F(CheckpointOverMpi, EveryRankFallsBackTogether) {
  CheckpointStore store(run_, *world_, posix_file_system(), {});
  for (const std::uint64_t step : {10U, 20U}) save(store, step);
  world_->barrier();
  if (world_->is_leader()) {
    std::filesystem::resize_file(run_ / "ckpt" / "step-0000000020" / "model.safetensors", 5000);
  }
  TrainingState state = make_state(0);
  const auto restored = store.restore_newest(state);
  ASSERT_TRUE(restored.has_value());
  EXPECT_EQ(restored->step, 10U);
  EXPECT_EQ(state_digest(state), state_digest(make_state(10)));
}

TEST_F(CheckpointOverMpi, EveryRankHearsOfANewerStart) {
  CheckpointStore older(run_, *world_, posix_file_system(), {});
  CheckpointStore newer(run_, *world_, posix_file_system(), {});
  try {
    save(older, 10);
    ADD_FAILURE() << "the older start committed";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::fenced);
    EXPECT_TRUE(error.is_agreed());
  }
  save(newer, 10);
}

}  // namespace
}  // namespace hpctrain::checkpoint
