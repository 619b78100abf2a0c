// The forecast of a rank's memory beside what the allocator counts while it trains: real runs of two steps, with
// evaluation and checkpoints, of networks of every kind.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "comm/thread_communicator.hpp"
#include "data/pack_identity.hpp"
#include "data/shard_format.hpp"
#include "data/shard_writer.hpp"
#include "device/tensor_memory.hpp"
#include "support/temporary_folder.hpp"
#include "tools/memory_plan.hpp"
#include "tools/planned_records.hpp"
#include "tools/step_probe.hpp"
#include "train/training_run.hpp"

namespace hpctrain::tools {
namespace {

struct Trained {
  std::string task;
  std::string network;
  models::Stem stem;
  std::uint64_t side;                        ///< of the images, pixels
  std::vector<std::uint64_t> micro_batches;  ///< more than are measured
};

void PrintTo(const Trained& trained, std::ostream* out) {
  *out << trained.network;
}

/// Made-up records, on disk.
class PackedRecords {
 public:
  PackedRecords(const std::string& task, std::uint64_t side, std::uint64_t samples) {
    identity_.creator = "test";
    index_ = make_planned_index(task, {side, side, 3, 10, samples}, "train");
    index_.folder = folder_ / "set";
    std::filesystem::create_directories(index_.folder / data::kShardFolder);
    const PlannedRecords records(index_, 1);
    const std::string path = data::shard_path(0);
    data::ShardWriter writer(index_.folder / path, identity_, {0, 1, samples, 0}, index_.fields);
    for (std::uint64_t id = 0; id < samples; ++id) writer.append(id, records.batch().rows);
    index_.shards.push_back(writer.commit());
    index_.shards.back().path = path;
    index_.splits = {{"train", 0, 1, samples}, {"validation", 0, 1, samples}};
  }

  const data::DatasetIndex& index() const { return index_; }
  std::filesystem::path folder() const { return folder_.path(); }

 private:
  test::TemporaryFolder folder_;
  data::PackIdentity identity_;
  data::DatasetIndex index_;
};

train::RunSettings settings_of(const Trained& trained) {
  train::RunSettings settings;
  settings.task = trained.task;
  settings.network = trained.network;
  settings.stem = trained.stem;
  settings.train.threads = 1;
  settings.train.steps = 2;
  if (trained.network != "resnet18") settings.train.ema_decay = 0.99;
  settings.optimizer.lr = 1e-4;
  settings.cadence.checkpoint_every_steps = 1;
  settings.quiet = true;
  return settings;
}

std::uint64_t peak_of_a_run(train::RunSettings settings, const PackedRecords& records, std::uint64_t batch) {
  settings.train.batch = batch;
  const auto group = comm::make_single_rank_communicator();
  const auto run_folder = records.folder() / ("run-" + std::to_string(batch));
  std::filesystem::create_directories(run_folder);
  const auto before = device::read_memory_use(torch::kCPU).allocated_bytes;
  train::TrainingRun run(settings, {records.index(), *group, {}, posix_file_system(), run_folder, torch::kCPU, "", {}});
  run.run();
  // The allocator's own counter begins anew with every phase of the loop, whose greatest the run keeps.
  std::ifstream metrics(run_folder / "metrics.jsonl");
  std::string line, last;
  while (std::getline(metrics, line)) last = line;
  return nlohmann::json::parse(last).at("memory").at("peak_bytes").get<std::uint64_t>() - before;
}

class MemoryForecastOf : public testing::TestWithParam<Trained> {};

TEST_P(MemoryForecastOf, ThreeMicroBatchesIsWithinATenthOfWhatTheirRunsTake) {
  const Trained& trained = GetParam();
  device::meter_host_tensors();
  torch::set_num_threads(1);
  const PackedRecords records(trained.task, trained.side, trained.micro_batches.back());
  const auto settings = settings_of(trained);
  const StepProbeReport probe = probe_step(settings, records.index(), torch::kCPU, {.most_samples = 4});
  for (const std::uint64_t batch : trained.micro_batches) {
    const auto forecast = static_cast<double>(plan_memory(probe, settings, batch, /*is_on_gpu=*/false).total());
    const auto truth = static_cast<double>(peak_of_a_run(settings, records, batch));
    EXPECT_LT(std::abs(forecast / truth - 1), 0.1)
        << trained.network << " with " << batch << " samples: forecast " << forecast / (1 << 20) << " MiB, truth "
        << truth / (1 << 20) << " MiB";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Networks, MemoryForecastOf,
    testing::Values(Trained{"classification", "small-convnet", models::Stem::small, 28, {16, 32, 128}},
                    Trained{"classification", "resnet18", models::Stem::imagenet, 48, {8, 16, 32}},
                    Trained{"classification", "wrn-10-1", models::Stem::small, 32, {8, 16, 32}},
                    Trained{"classification", "mobilenet-v3-small", models::Stem::imagenet, 48, {8, 16, 32}},
                    Trained{"classification", "efficientnet-b0", models::Stem::imagenet, 32, {8, 16, 32}},
                    Trained{"landmarks", "unet", models::Stem::imagenet, 64, {6, 12, 24}}),
    [](const auto& trained) {
      std::string name = trained.param.network;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace hpctrain::tools
