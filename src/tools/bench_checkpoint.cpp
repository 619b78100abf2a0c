#include "tools/bench_checkpoint.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
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

}  // namespace

CheckpointBenchReport run_checkpoint_bench(FileSystem& files, const CheckpointBenchSettings& settings) {
  const OwnFolder folder(files, settings.folder / ("bench-checkpoint-" + random_hex(4)));
  const checkpoint::TrainingState state = make_state(settings.state_bytes);
  const auto group = comm::make_single_rank_communicator();
  // Nothing is deleted while anything is timed: the disk would do that work beside the next writes.
  checkpoint::CheckpointStore store(folder.path() / "run", *group, files,
                                    {.keep = static_cast<std::uint64_t>(settings.rounds)});
  CheckpointBenchReport report;
  report.state_bytes = settings.state_bytes;
  for (int round = 1; round <= settings.rounds; ++round) {
    const double raw_seconds = write_raw(files, folder.path() / ("raw-" + std::to_string(round)), state);
    checkpoint::CheckpointRecord record;
    record.step = static_cast<std::uint64_t>(round);
    const Stopwatch watch;
    store.start_save(state, record, checkpoint::WhenBusy::wait);
    report.stall_seconds = watch.seconds();  // of the last round: the first one allocates
    for (const auto& saved : store.settle(true)) {
      if (saved.failure) throw *saved.failure;
    }
    const auto bytes = static_cast<double>(settings.state_bytes);
    report.raw_bytes_per_second = std::max(report.raw_bytes_per_second, bytes / raw_seconds);
    report.checkpoint_bytes_per_second = std::max(report.checkpoint_bytes_per_second, bytes / watch.seconds());
  }
  return report;
}

}  // namespace hpctrain::tools
