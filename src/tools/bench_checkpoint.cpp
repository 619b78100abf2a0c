#include "tools/bench_checkpoint.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.hpp"
#include "comm/thread_communicator.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/run_identifier.hpp"
#include "tools/own_folder.hpp"

namespace hpctrain::tools {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::int64_t kTensors = 64;

/// As a network with momentum has it: half parameters, half optimizer state.
checkpoint::TrainingState make_state(std::uint64_t bytes) {
  const auto elements = static_cast<std::int64_t>(bytes / sizeof(float)) / (2 * kTensors);
  checkpoint::TrainingState state;
  for (std::int64_t i = 0; i < kTensors; ++i) {
    const std::string name = "layer" + std::to_string(i);
    state.parameters.push_back({name, torch::rand({elements})});
    state.optimizer.push_back({"momentum/" + name, torch::rand({elements})});
  }
  return state;
}

/// Returns seconds.
double write_raw(FileSystem& files, const std::filesystem::path& path, const checkpoint::TrainingState& state) {
  const Stopwatch watch;
  const auto file = files.create_file(path);
  for (const auto* group : {&state.parameters, &state.optimizer}) {
    for (const auto& named : *group) {
      std::span<const std::byte> bytes(static_cast<const std::byte*>(named.tensor.data_ptr()), named.tensor.nbytes());
      for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kPieceBytes))) {
        file->write(bytes.first(std::min(bytes.size(), kPieceBytes)));
      }
    }
  }
  file->sync();
  file->close();
  return watch.seconds();
}

class CheckpointBench {
 public:
  CheckpointBench(FileSystem& files, const CheckpointBenchSettings& settings)
      : files_(files),
        folder_(files, settings.folder / ("bench-checkpoint-" + random_hex(4))),
        state_(make_state(settings.state_bytes)),
        // Nothing is deleted while anything is timed: the disk would do that work beside the next writes.
        store_(folder_.path() / "run", *group_, files, {.keep = static_cast<std::uint64_t>(settings.rounds) + 1}) {}

  double write_raw() {
    return tools::write_raw(files_, folder_.path() / ("raw-" + std::to_string(++raw_files_)), state_);
  }

  double save() {
    checkpoint::CheckpointRecord record;
    record.step = ++saves_;
    const Stopwatch watch;
    store_.start_save(state_, record, checkpoint::WhenBusy::wait);
    stall_seconds_ = watch.seconds();
    for (const auto& saved : store_.settle(true)) {
      if (saved.failure) throw *saved.failure;
    }
    return watch.seconds();
  }

  double stall_seconds() const noexcept { return stall_seconds_; }

 private:
  FileSystem& files_;
  const OwnFolder folder_;
  const checkpoint::TrainingState state_;
  const std::unique_ptr<comm::Communicator> group_ = comm::make_single_rank_communicator();
  checkpoint::CheckpointStore store_;
  int raw_files_ = 0;
  std::uint64_t saves_ = 0;
  double stall_seconds_ = 0;  ///< of the newest save
};

}  // namespace

CheckpointBenchReport run_checkpoint_bench(FileSystem& files, const CheckpointBenchSettings& settings) {
  CheckpointBench bench(files, settings);
  bench.save();  // allocates the slabs, as the first save of a run does
  double raw_seconds = 0, save_seconds = 0;
  for (int round = 0; round < settings.rounds; ++round) {
    if (round % 2 == 0) raw_seconds += bench.write_raw();
    save_seconds += bench.save();
    if (round % 2 == 1) raw_seconds += bench.write_raw();
  }
  const double bytes = static_cast<double>(settings.state_bytes) * settings.rounds;
  return {settings.state_bytes, bytes / raw_seconds, bytes / save_seconds, bench.stall_seconds()};
}

}  // namespace hpctrain::tools
