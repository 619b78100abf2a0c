#include "train/training_run.hpp"

#include <torch/utils.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "comm/agree.hpp"
#include "comm/common_facts.hpp"
#include "core/log.hpp"
#include "data/delivered_fields.hpp"
#include "data/sample_order.hpp"
#include "device/gpu_identity.hpp"
#include "device/stream_moments.hpp"
#include "models/registry.hpp"
#include "tasks/image_size.hpp"
#include "train/device_channel.hpp"
#include "train/failure_text.hpp"
#include "train/gradient_sync.hpp"
#include "train/initial_weights.hpp"
#include "train/network_state.hpp"
#include "train/precision.hpp"
#include "train/replica_check.hpp"
#include "train/reproducible_mode.hpp"
#include "train/run_cache.hpp"
#include "train/run_parts.hpp"
#include "train/run_start.hpp"
#include "train/spanning_losses.hpp"
#include "train/tree_reduction.hpp"
#include "train/verdict_facts.hpp"

namespace hpctrain::train {

using checkpoint::total_bytes;

TrainingRun::TrainingRun(const RunSettings& settings, const RunContext& context)
    : settings_(settings),
      context_(context),
      memory_(
          std::make_unique<RunMemory>(RunMemory::Parts{settings_, context_.group, context_.placement, context_.device,
                                                       context_.files, context_.run_folder, !context_.trial.empty()})),
      slots_(context.device),
      early_stopping_(settings.evaluation) {
  if (context_.heartbeat != nullptr) clock_.publish_to(*context_.heartbeat);
  name_failures([this] { put_together(); });
}

/// What it is put together from may not fit memory.
void TrainingRun::put_together() {
  const auto agree_on = [this](const std::function<void()>& make) {
    comm::run_agreed(context_.group, [&] { name_failures(make); });
  };
  agree_on([this] {
    require_precision(settings_.train.precision, find_format_support(settings_.train.precision, context_.device));
    require_early_stopping_possible(settings_.evaluation, context_.index);
    require_reproducible(settings_, context_.placement.world);
    require_weights_to_keep(settings_);
    task_ = make_run_task(settings_, context_.index);
    require_splits(settings_, *task_, context_.index);
    // Chosen once: loader, node cache and checkpoints must mean the same.
    settings_.order = data::plan_order(settings_.order, context_.index, context_.index.split(settings_.train_split));
    // Without a GPU one thread is enough for equal bits.
    const bool is_gpu_reproducible = is_reproducible(settings_.train) && context_.device.is_cuda();
    device::set_kernel_choice(settings_.train.deterministic || is_gpu_reproducible, settings_.train.cudnn_benchmark);
    set_matmul_format(settings_.train.precision);
    work_recorder_ = make_work_recorder(settings_.train.cuda_graph, context_.device);
    make_network();
  });
  synchronise_statistics();
  make_buckets();
  agree_on([this] {
    make_update();
    make_feed();
    require_batch(settings_, context_.index);
    make_schedule();
    if (settings_.audit) {
      audit_ = std::make_unique<Audit>(context_.run_folder / "audit", context_.placement.rank);
    }
  });
  checkpoints_ = std::make_unique<checkpoint::CheckpointStore>(context_.run_folder, context_.group, context_.files,
                                                               settings_.checkpoint);
  if (audit_) audit_->begin_start(checkpoints_->start_number());
  make_loop();
}

TrainingRun::~TrainingRun() = default;

void TrainingRun::make_network() {
  network_ = make_run_network(settings_, *task_);
  prepare_for_training(settings_, *network_, context_.device);
  state_ = network_state(*network_);
  statistics_ = std::make_unique<StepStatistics>(*network_);
}

void TrainingRun::synchronise_statistics() {
  if (!settings_.sync_batch_norm || context_.placement.world == 1) return;
  const auto owners = models::statistics_owners(*network_);
  if (owners.empty()) return;
  statistics_over_ranks_ = std::make_unique<StatisticsOverRanks>(context_.group, context_.device);
  for (auto* owner : owners) owner->normalise_over(statistics_over_ranks_.get());
}

void TrainingRun::make_buckets() {
  gradient_group_ = context_.group.split(0, context_.group.rank());
  channel_ = std::make_unique<comm::TracedChannel>(make_device_channel(*gradient_group_, context_.device));
  wholeness_ = std::make_unique<Wholeness>(context_.group);
  buckets_ = std::make_unique<GradientBuckets>(state_.parameters, kStepPassengers + statistics_->elements(), *channel_);
}

void TrainingRun::make_update() {
  const TrainSettings& train = settings_.train;
  const OptimizerSettings& optimizer = settings_.optimizer;
  const bool is_sharded = optimizer.is_sharded && context_.group.size() > 1;
  if (is_sharded) {
    shards_ = std::make_unique<ParameterShards>(
        state_.parameters,
        ParameterShards::Parts{*channel_, context_.group.rank(), context_.group.size(), context_.device, clock_});
  }
  update_ =
      std::make_unique<ParameterUpdate>(train, optimizer, state_.parameters, network_->head_name(), shards_.get());
  if (!is_sharded) {
    state_.optimizer = update_->state();
    return;
  }
  state_shards_ = std::make_unique<StateShards>(
      *shards_, update_->state(), describe_update_state(train, optimizer, state_.parameters, network_->head_name()),
      context_.group);
}

void TrainingRun::make_schedule() {
  length_ = plan_length(settings_, feed_->steps_per_epoch());
  schedule_ = std::make_unique<Schedule>(make_run_schedule(settings_, length_));
  if (settings_.train.head_only_epochs == 0) return;
  head_first_ = std::make_unique<HeadFirst>(state_.parameters, network_->head_name(),
                                            settings_.train.head_only_epochs * length_.steps_per_epoch);
}

void TrainingRun::make_feed() {
  cache_ =
      make_run_cache(settings_, context_.index, context_.placement, splits_in_use(settings_, *task_, context_.index));
  evaluation_places_ = std::make_unique<data::PlacesOnly>(*cache_);
  feed_ = std::make_unique<TrainingFeed>(TrainingFeed::Parts{settings_, context_.index, *task_, context_.placement,
                                                             context_.device, slots_, *cache_, *evaluation_places_});
  pieces_ = std::make_unique<PiecewiseFeed>(feed_->batches());
}

std::unique_ptr<GradientReduction> TrainingRun::make_reduction() {
  if (is_reproducible(settings_.train)) {
    return std::make_unique<TreeReduction>(TreeReduction::Parts{*buckets_, *statistics_, *gradient_group_,
                                                                settings_.train.micro_shards, *wholeness_, clock_});
  }
  return std::make_unique<GradientSync>(
      GradientSync::Parts{*buckets_, *statistics_, *channel_, context_.device, clock_, *wholeness_}, state_.parameters);
}

std::unique_ptr<Accumulation> TrainingRun::make_accumulation() {
  const Accumulation::Parts parts{*pieces_,     *micro_step_, *buckets_,
                                  *statistics_, *reduction_,  *update_,
                                  clock_,       audit_.get(), statistics_over_ranks_ != nullptr,
                                  graphs_.get()};
  if (!task_->loss_spans_global_batch()) return std::make_unique<SampleLosses>(parts);
  return std::make_unique<SpanningLosses>(parts, *channel_, context_.device, settings_.train.batch);
}

void TrainingRun::make_loop() {
  const ForwardPass forward_pass = make_forward_pass(settings_, context_.device);
  micro_step_ = std::make_unique<MicroStep>(MicroStep::Parts{*task_, *network_, forward_pass, clock_,
                                                             settings_.train.seed, audit_.get(), &memory_->phases()});
  if (work_recorder_ && !statistics_over_ranks_) {
    graphs_ =
        std::make_unique<MicroStepGraphs>(MicroStepGraphs::Parts{*micro_step_, *update_, *network_, *work_recorder_});
  }
  reduction_ = make_reduction();
  accumulation_ = make_accumulation();
  make_evaluator(forward_pass);
  make_recorder();
  make_ladder();
  step_ = std::make_unique<TrainStep>(TrainStep::Parts{*accumulation_, *buckets_, *statistics_, *reduction_, *update_,
                                                       *schedule_, clock_, &memory_->ladder(), &memory_->phases(),
                                                       audit_.get(), head_first_.get()});
  boundary_ = std::make_unique<StepBoundary>(context_.group, *channel_, length_, settings_.cadence,
                                             settings_.evaluation, settings_.wall_time, StopFile(context_.run_folder));
  saver_ =
      std::make_unique<RunSaver>(RunSaver::Parts{context_.group, *checkpoints_, *boundary_, *recorder_,
                                                 context_.run_folder, context_.files, settings_.checkpoint.is_async});
  tracer_ = std::make_unique<StepTracer>(
      StepTracer::Parts{context_.group, clock_, context_.files, context_.run_folder, context_.placement},
      monitor::read_step_range(settings_.monitor.trace));
  make_trainer();
}

void TrainingRun::make_evaluator(const ForwardPass& forward_pass) {
  evaluator_ = std::make_unique<Evaluator>(
      Evaluator::Parts{context_.index, *task_, *network_, context_.group, context_.placement, context_.device,
                       settings_.loader, slots_, plan_micro_batch(settings_.train, context_.placement.world),
                       settings_.train.micro_shards, settings_.evaluation.max_samples, forward_pass,
                       tasks::read_image_size(settings_.image_size), evaluation_places_.get()});
}

void TrainingRun::make_recorder() {
  recorder_ = std::make_unique<RunRecorder>(RunRecorder::Settings{
      context_.run_folder,
      context_.group.is_leader(),
      settings_.quiet,
      length_,
      feed_->num_samples(),
      gather_verdict_facts(settings_, context_.index, {context_.group, context_.placement, context_.device},
                           cache_->counters().shards > 0),
      {settings_.monitor.writes_tensorboard, context_.trial, settings_.monitor.metrics_mib << 20},
      settings_.monitor.metrics_every_steps,
      [this] { return task_->operation_seconds(); }});
}

void TrainingRun::make_ladder() {
  checkpoint::TrainingState held = state_;
  held.optimizer = update_->state();
  memory_->make_ladder({held, *buckets_, *statistics_, slots_, *network_, *micro_step_, *evaluator_, *pieces_,
                        *wholeness_, *recorder_, statistics_over_ranks_ != nullptr, graphs_.get()});
}

void TrainingRun::make_trainer() {
  const auto splits = scored_splits(settings_, *task_, context_.index);
  if (context_.make_watch && context_.group.is_leader()) watch_ = context_.make_watch(*task_);
  // Moments that are set down while a graph is recorded would become part of it.
  if (auto moments = device::make_stream_moments(context_.device); moments && !graphs_) {
    device_phases_ = std::make_unique<DevicePhases>(clock_, std::move(moments));
  }
  if (context_.device.is_cuda()) {
    gpu_gauge_ =
        std::make_unique<monitor::GpuGauge>(monitor::kNvmlLibrary, device::gpu_identity(context_.device.index()));
  }
  trainer_ = std::make_unique<Trainer>(Trainer::Parts{context_.group,
                                                      *pieces_,
                                                      *step_,
                                                      *memory_,
                                                      *update_,
                                                      *evaluator_,
                                                      early_stopping_,
                                                      *boundary_,
                                                      *saver_,
                                                      state_,
                                                      *recorder_,
                                                      *tracer_,
                                                      clock_,
                                                      length_,
                                                      splits,
                                                      deciding_split(),
                                                      deciding_split() == kValidationSplit,
                                                      fixed_steering(),
                                                      context_.config_digest,
                                                      context_.judge,
                                                      watch_.get(),
                                                      gpu_gauge_.get(),
                                                      device_phases_.get(),
                                                      settings_.monitor.histograms,
                                                      state_shards_.get()},
                                       settings_.train);
}

StopReason TrainingRun::run() {
  try {
    return train_from_newest();
  } catch (const std::exception& failure) {
    // The process may end without any destructor.
    recorder_->keep_lines();
    // Torch's errors know no exit code, and carry a stack that says nothing to people.
    throw name_failure(failure);
  }
}

StopReason TrainingRun::train_from_newest() {
  const Progress progress = restore();
  if (is_already_complete(progress)) return StopReason::finished;
  record_start(progress);
  if (!settings_.quiet) say_what_is_special(progress);
  require_reference();
  memory_->begin(progress);
  return trainer_->run(progress);
}

void TrainingRun::say_what_is_special(const Progress& progress) const {
  say_what_results_depend_on(settings_, statistics_->elements() > 0);
  const bool head_learns_alone = head_first_ && head_first_->at(progress.step) == Learning::head;
  if (head_learns_alone) {
    say_what_learns(network_->head_name(), settings_.train.head_only_epochs * length_.steps_per_epoch);
  }
  if (state_shards_) say_what_is_sharded(total_bytes(update_->state()), total_bytes(state_shards_->whole()));
}

/// Hours before the first score would find out.
void TrainingRun::require_reference() {
  if (scored_splits(settings_, *task_, context_.index).empty()) return;
  comm::run_agreed(context_.group, [this] { evaluator_->require_reference(); });
}

bool TrainingRun::is_already_complete(const Progress& progress) const {
  const bool has_all_steps = progress.step >= length_.total_steps;
  if (!context_.was_finished || !(has_all_steps || early_stopping_.is_over())) return false;
  if (context_.group.is_leader()) {
    std::printf("%s is already complete: %llu steps; raise %s to go on\n", context_.run_folder.c_str(),
                static_cast<unsigned long long>(progress.step), has_all_steps ? "train.epochs" : "eval.patience");
  }
  return true;
}

Progress TrainingRun::restore() {
  Progress progress;
  checkpoint::TrainingState target = state_;
  if (state_shards_) target.optimizer = state_shards_->whole();
  const auto take = [this](const std::string& name, const at::Tensor& host) { state_shards_->take(name, host); };
  if (const auto restored = checkpoints_->restore_newest(target, take)) {
    for (const auto& warning : restored->warnings) log_warning("{}", warning);
    require_same_data(restored->steering);
    progress = progress_from_json(restored->steering.at("progress"));
    recorder_->restore_chain(restored->steering.value("chain", ""));
    update_->restore(restored->steering.value("update", nlohmann::json::object()));
    early_stopping_.restore(restored->steering.value("early_stopping", nlohmann::json::object()));
    memory_->restore(restored->steering);
    restored_step_ = progress.step;
    restored_checkpoint_ = restored->folder.lexically_relative(context_.run_folder).string();
    if (!settings_.quiet) {
      log_info("resumed from step {} (epoch {}, sample {})", progress.step, progress.cursor.epoch + 1,
               progress.cursor.position);
    }
  } else {
    start_afresh();
  }
  require_equal_start();
  return progress;
}

/// Rank zero sent its state to all: what differs now was changed on the way, and would change results from here on.
void TrainingRun::require_equal_start() {
  auto facts = replica_facts(state_);
  facts.insert(facts.begin(), {"bucket layout", buckets_->layout_digest()});
  comm::require_common_facts(context_.group, facts,
                             "rank 0 sent them, so MPI or the memory of this machine changed them, or this is a defect "
                             "of hpctrain; start without this machine");
}

/// Rank zero's weights go to all, so that all start from the same bits.
void TrainingRun::start_afresh() {
  comm::run_agreed(context_.group, [this] {
    if (settings_.init.empty() || !context_.group.is_leader()) return;
    for (const auto& message : load_initial_weights(context_.files, settings_.init, *network_)) {
      log_info("{}", message);
    }
  });
  broadcast_state(context_.group, state_);
  if (update_->average() != nullptr) update_->average()->start_from_parameters();
}

void TrainingRun::record_start(const Progress& progress) {
  monitor::RunEvent event;
  event.config_digest = context_.config_digest;
  event.world = context_.placement.world;
  event.versions = context_.versions;
  const std::uint64_t own_bytes = total_bytes(update_->state());
  const std::uint64_t all_bytes = state_shards_ ? total_bytes(state_shards_->whole()) : own_bytes;
  event.details["optimizer_bytes"] = {{"rank", own_bytes}, {"whole", all_bytes}};
  if (restored_checkpoint_) event.resumed_from = progress.step;
  recorder_->record_start(progress, event);
}

nlohmann::json TrainingRun::fixed_steering() const {
  return {{"dataset_uuid", context_.index.uuid_text()},
          {"seed", settings_.train.seed},
          {"batch", settings_.train.batch},
          {"order", settings_.order == data::Order::windowed ? "windowed" : "full"},
          {"bucket_layout", buckets_->layout_digest()}};
}

void TrainingRun::require_same_data(const nlohmann::json& steering) const {
  const auto expected = fixed_steering();
  data::require_same_dataset(context_.index, steering.value("dataset_uuid", ""));
  require(steering.value("bucket_layout", "") == expected["bucket_layout"], Fault::usage,
          "model.name: the checkpoint's parameters are laid out in another way than this network's; continue with the "
          "version of hpctrain that wrote it, or start a new run with another --out");
}

std::optional<std::string> TrainingRun::deciding_split() const {
  return train::deciding_split(scored_splits(settings_, *task_, context_.index));
}

std::optional<std::string> TrainingRun::newest_checkpoint() const {
  return trainer_->newest_checkpoint() ? trainer_->newest_checkpoint() : restored_checkpoint_;
}

}  // namespace hpctrain::train
