// The collective face of the room: rank zero touches the disk, every rank learns what came of it and takes part in
// every broadcast, whatever happened.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkpoint/background_writer.hpp"
#include "checkpoint/catalogue.hpp"
#include "checkpoint/checkpoint.hpp"
#include "checkpoint/commit.hpp"
#include "checkpoint/defect.hpp"
#include "checkpoint/housekeeping.hpp"
#include "checkpoint/incarnation.hpp"
#include "checkpoint/restore_plan.hpp"
#include "checkpoint/save_report.hpp"
#include "comm/agree.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

namespace hpctrain::checkpoint {

class CheckpointStore::Impl {
 public:
  Impl(std::filesystem::path run_folder, comm::Communicator& group, FileSystem& files, CheckpointSettings settings)
      : run_folder_(std::move(run_folder)), group_(group), files_(files), settings_(settings) {
    const std::string fence = comm::run_on_leader(group_, [this] {
      create_folders_durably(files_, checkpoints_folder(run_folder_));
      incarnation_.emplace(files_, run_folder_);
      remove_leftovers(files_, run_folder_);
      if (settings_.is_async) {
        writer_.emplace([this](const auto& state, const auto& record) { return commit_and_measure(state, record); },
                        [this](const auto& committed) { tidy_after_commit(committed.folder); });
      }
      return std::to_string(incarnation_->fence());
    });
    start_number_ = std::stoull(fence);
  }

  std::uint64_t start_number() const noexcept { return start_number_; }

  std::optional<Restored> restore_newest(TrainingState& state, const TakeWhole& take) {
    TrainingState loaded;  // rank zero only
    const std::string answer = comm::run_on_leader(group_, [&] {
      // A path need not be UTF-8; JSON must.
      return decide_on_leader(state, loaded).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    });
    const auto decision = nlohmann::json::parse(answer);
    if (!decision.at("found").get<bool>()) return std::nullopt;
    comm::run_agreed(group_, [&] {
      require(describe_layout(state) == decision.at("layout").get<std::string>(), Fault::bug,
              "restoring a checkpoint: this rank's network differs from rank zero's");
    });
    broadcast_state(group_, loaded, state, take);
    return Restored{decision.at("step").get<std::uint64_t>(), decision.at("steering"),
                    checkpoints_folder(run_folder_) / decision.at("folder").get<std::string>(),
                    decision.at("warnings").get<std::vector<std::string>>()};
  }

  std::filesystem::path save(const TrainingState& state, const CheckpointRecord& record) {
    return comm::run_on_leader(group_, [&] {
      if (writer_) writer_->wait_until_idle();
      const std::filesystem::path folder = commit(state, record);
      tidy_after_commit(folder);
      return folder.string();
    });
  }

  bool start_save(const TrainingState& state, const CheckpointRecord& record, WhenBusy when_busy) {
    return !writer_ || writer_->start(state, record, when_busy);
  }

  bool has_news() const { return writer_ && writer_->has_outcomes(); }

  std::vector<SaveReport> settle(bool waits_for_all) {
    const std::string answer = comm::run_on_leader(group_, [&] {
      if (writer_ && waits_for_all) writer_->wait_for_outcomes();
      return writer_ ? write_outcomes(writer_->take_outcomes()) : "[]";
    });
    return read_reports(answer);
  }

 private:
  /// Of rank zero, on whichever thread.
  std::filesystem::path commit(const TrainingState& state, const CheckpointRecord& record) {
    const CommitContext context{files_, run_folder_, *incarnation_, group_.size()};
    return commit_checkpoint(context, state, record);
  }

  nlohmann::json decide_on_leader(const TrainingState& state, TrainingState& loaded) {
    std::vector<std::string> warnings;
    auto chosen = choose_checkpoint(files_, run_folder_, incarnation_->run_id(), warnings);
    if (!chosen) return {{"found", false}};
    require_fits(state, *chosen);
    loaded = std::move(chosen->loaded.state);
    return {{"found", true},
            {"step", chosen->loaded.manifest.step},
            {"steering", chosen->loaded.manifest.steering},
            {"folder", chosen->folder.filename().string()},
            {"warnings", warnings},
            {"layout", describe_layout(state)}};
  }

  BackgroundWriter::Committed commit_and_measure(const TrainingState& state, const CheckpointRecord& record) {
    BackgroundWriter::Committed committed{commit(state, record), 0};
    try {
      committed.bytes = checkpoint_bytes(files_, committed.folder);
    } catch (const Error& error) {
      log_warning("checkpoint {} is safe, measuring it failed: {}", committed.folder.string(), error.what());
    }
    return committed;
  }

  /// The checkpoint is committed: neither a lost hint nor an undeleted old one is a reason to report failure.
  void tidy_after_commit(const std::filesystem::path& folder) {
    try {
      write_file_durably(files_, run_folder_ / "LATEST", "ckpt/" + folder.filename().string() + '\n');
      prune_checkpoints(files_, run_folder_, {settings_.keep, settings_.keep_every_steps});
    } catch (const Error& error) {
      log_warning("checkpoint {} is safe, tidying up after it failed: {}", folder.string(), error.what());
    }
  }

  std::filesystem::path run_folder_;
  comm::Communicator& group_;
  FileSystem& files_;
  CheckpointSettings settings_;
  std::uint64_t start_number_ = 0;
  std::optional<Incarnation> incarnation_;  ///< rank zero only
  std::optional<BackgroundWriter> writer_;  ///< rank zero only; last: its thread uses the members above
};

CheckpointStore::CheckpointStore(std::filesystem::path run_folder, comm::Communicator& group, FileSystem& files,
                                 CheckpointSettings settings)
    : impl_(std::make_unique<Impl>(std::move(run_folder), group, files, settings)) {}

CheckpointStore::~CheckpointStore() = default;

std::uint64_t CheckpointStore::start_number() const noexcept {
  return impl_->start_number();
}

std::optional<Restored> CheckpointStore::restore_newest(TrainingState& state, const TakeWhole& take) {
  return impl_->restore_newest(state, take);
}

std::filesystem::path CheckpointStore::save(const TrainingState& state, const CheckpointRecord& record) {
  return impl_->save(state, record);
}

bool CheckpointStore::start_save(const TrainingState& state, const CheckpointRecord& record, WhenBusy when_busy) {
  return impl_->start_save(state, record, when_busy);
}

bool CheckpointStore::has_news() const {
  return impl_->has_news();
}

std::vector<SaveReport> CheckpointStore::settle(bool waits_for_all) {
  return impl_->settle(waits_for_all);
}

}  // namespace hpctrain::checkpoint
