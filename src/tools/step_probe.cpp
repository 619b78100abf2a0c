#include "tools/step_probe.hpp"

#include <torch/utils.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "comm/thread_communicator.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "data/delivered_fields.hpp"
#include "device/device.hpp"
#include "device/tensor_memory.hpp"
#include "models/registry.hpp"
#include "tasks/image_size.hpp"
#include "tools/planned_records.hpp"
#include "train/failure_text.hpp"
#include "train/gradient_sync.hpp"
#include "train/network_state.hpp"
#include "train/precision.hpp"
#include "train/run_parts.hpp"
#include "train/spanning_losses.hpp"
#include "train/step.hpp"
#include "train/wholeness.hpp"

namespace hpctrain::tools {
namespace {

using checkpoint::total_bytes;
using monitor::Phase;

constexpr std::uint64_t kFewestSamples = 2;  // batch normalisation may refuse one

/// A group of one that notes when each bucket leaves.
class NotingChannel final : public comm::GradientChannel {
 public:
  struct Departure {
    double seconds;  ///< moment
    double bytes;
  };

  std::unique_ptr<comm::PendingCollective> start_all_reduce(comm::Span span, comm::ReduceOp /*op*/,
                                                            void* /*stream*/) override {
    departures_.push_back({steady_seconds(), static_cast<double>(span.bytes())});
    return std::make_unique<Nothing>();
  }
  std::unique_ptr<comm::PendingCollective> start_all_gather(comm::Span /*span*/, void* /*stream*/) override {
    return std::make_unique<Nothing>();
  }
  std::string_view name() const noexcept override { return "none"; }

  void forget() { departures_.clear(); }
  const std::vector<Departure>& departures() const noexcept { return departures_; }

 private:
  class Nothing final : public comm::PendingCollective {
   public:
    bool test() override { return true; }
    void wait() override {}
  };

  std::vector<Departure> departures_;
};

/// Hands out the same micro-batch again and again.
class RepeatedFeed final : public train::BatchFeed {
 public:
  RepeatedFeed(const data::MicroBatch& batch, bool has_partners, const torch::Device& device)
      : batch_(batch), has_partners_(has_partners), device_(device) {}

  void seek(data::Cursor /*cursor*/) override {}
  std::optional<tasks::DeviceRecords> next() override {
    auto records = tasks::upload_records(batch_, device_);
    if (!has_partners_) return records;
    partners_.emplace(tasks::upload_records(batch_, device_));
    records.partners = &*partners_;
    return records;
  }
  void look_ahead() override {}
  void require_unchanged_shards() override {}
  data::LoaderCounters counters() const override { return {}; }

 private:
  const data::MicroBatch& batch_;
  bool has_partners_;
  torch::Device device_;
  std::optional<tasks::DeviceRecords> partners_;
};

/// Passes everything on and notes when the step's last backward begins.
class NotingReduction final : public train::GradientReduction {
 public:
  explicit NotingReduction(train::GradientReduction& reduction) : reduction_(reduction) {}
  void start_step() override { reduction_.start_step(); }
  void start_backward(bool is_last) override {
    backward_began_ = steady_seconds();
    reduction_.start_backward(is_last);
  }
  void end_micro_step() override { reduction_.end_micro_step(); }
  bool wait(bool is_whole) override {
    backward_ended_ = steady_seconds();
    return reduction_.wait(is_whole);
  }
  double began() const noexcept { return backward_began_; }
  double seconds() const noexcept { return backward_ended_ - backward_began_; }

 private:
  train::GradientReduction& reduction_;
  double backward_began_ = 0, backward_ended_ = 0;
};

/// What was measured of one size of micro-batch.
struct TimedStep {
  std::uint64_t peak_bytes = 0;  ///< beside what was held before
  double step_seconds = 0, micro_step_seconds = 0, backward_seconds = 0, update_seconds = 0;
};

/// The parts of a run that a step needs.
class ProbedStep {
 public:
  ProbedStep(const train::RunSettings& settings, const data::DatasetIndex& index, const torch::Device& device)
      : settings_(settings), device_(device), task_(train::make_run_task(settings, index)) {
    network_ = train::make_run_network(settings_, *task_);
    train::prepare_for_training(settings_, *network_, device_);
    state_ = train::network_state(*network_);
    statistics_ = std::make_unique<train::StepStatistics>(*network_);
    buckets_ = std::make_unique<train::GradientBuckets>(state_.parameters,
                                                        train::kStepPassengers + statistics_->elements(), channel_);
    update_ = std::make_unique<train::ParameterUpdate>(settings_.train, settings_.optimizer, state_.parameters,
                                                       network_->head_name());
    sync_ = std::make_unique<train::GradientSync>(
        train::GradientSync::Parts{*buckets_, *statistics_, channel_, device_, clock_, wholeness_}, state_.parameters);
    reduction_ = std::make_unique<NotingReduction>(*sync_);
    schedule_ = std::make_unique<train::Schedule>(train::make_run_schedule(settings_, {1, 1'000'000}));
    delivered_ = data::delivered_index(index, tasks::read_image_size(settings.image_size));
  }

  TimedStep time(std::uint64_t samples) {
    const PlannedRecords records(delivered_, samples);
    RepeatedFeed feed(records.batch(), task_->wants_partners(), device_);
    train::MicroStep micro_step(
        {*task_, *network_, train::make_forward_pass(settings_, device_), clock_, settings_.train.seed});
    const auto accumulation = make_accumulation(feed, micro_step, samples);
    train::TrainStep step({*accumulation, *buckets_, *statistics_, *reduction_, *update_, *schedule_, clock_});

    const std::uint64_t before = device::read_memory_use(device_).allocated_bytes;
    device::restart_memory_peak(device_);
    run(step);
    channel_.forget();
    TimedStep timed = run(step);
    timed.peak_bytes = device::read_memory_use(device_).peak_allocated_bytes - before;
    return timed;
  }

  /// The most that answers to so many samples take beside what was held before.
  std::uint64_t evaluation_bytes(std::uint64_t samples) {
    const torch::NoGradGuard no_grad;
    const PlannedRecords records(delivered_, samples);
    network_->eval();
    const std::uint64_t before = device::read_memory_use(device_).allocated_bytes;
    device::restart_memory_peak(device_);
    {
      const auto batch = task_->make_batch(tasks::upload_records(records.batch(), device_), tasks::Mode::evaluate);
      train::make_forward_pass(settings_, device_).run(*task_, *network_, batch);
    }
    network_->train();
    return device::read_memory_use(device_).peak_allocated_bytes - before;
  }

  StateBytes state_bytes() const {
    StateBytes bytes;
    bytes.parameters = total_bytes(state_.parameters);
    for (std::size_t b = 0; b < buckets_->plan().buckets.size(); ++b) bytes.gradients += buckets_->span(b).bytes();
    if (update_->average() != nullptr) bytes.average = total_bytes(update_->average()->state());
    bytes.optimizer = total_bytes(update_->state()) - bytes.average;
    bytes.buffers = total_bytes(state_.buffers);
    return bytes;
  }

  /// As fractions of the last step's backward.
  std::vector<BucketTime> bucket_times() const {
    std::vector<BucketTime> times;
    const auto& departures = channel_.departures();
    // A loss over the whole batch sends its outputs first.
    const std::size_t first = departures.size() - buckets_->plan().buckets.size();
    for (std::size_t b = first; b < departures.size(); ++b) {
      const double ready = (departures[b].seconds - reduction_->began()) / reduction_->seconds();
      // On a GPU the host only says what is to be done: the moments are those of saying so, in the same proportions.
      times.push_back({std::clamp(ready, 0.0, 1.0), departures[b].bytes});
    }
    return times;
  }

  bool spans_batch() const { return task_->loss_spans_global_batch(); }
  std::uint64_t spanning_loss_bytes() const { return task_->spanning_losses_bytes(settings_.train.batch); }
  std::uint64_t row_bytes() const { return PlannedRecords::row_bytes(delivered_); }
  bool can_recompute() const { return network_->can_recompute(); }
  std::uint64_t parameters() const { return static_cast<std::uint64_t>(models::count_parameters(*network_)); }

 private:
  std::unique_ptr<train::Accumulation> make_accumulation(train::BatchFeed& feed, train::MicroStep& micro_step,
                                                         std::uint64_t samples) {
    const train::Accumulation::Parts parts{feed,        micro_step, *buckets_, *statistics_,
                                           *reduction_, *update_,   clock_,    /*audit=*/nullptr};
    if (!task_->loss_spans_global_batch()) return std::make_unique<train::SampleLosses>(parts);
    return std::make_unique<train::SpanningLosses>(parts, channel_, device_, samples);
  }

  TimedStep run(train::TrainStep& step) {
    device::wait_for_uploads(device_);
    const auto before = clock_.seconds();
    const Stopwatch watch;
    step.run({steps_++, {}});
    device::wait_for_uploads(device_);
    TimedStep timed;
    timed.step_seconds = watch.seconds();
    const auto phases = clock_.seconds().since(before);
    timed.update_seconds = phases[Phase::optimizer];
    timed.micro_step_seconds = timed.step_seconds - timed.update_seconds;
    timed.backward_seconds = reduction_->seconds();
    return timed;
  }

  train::RunSettings settings_;
  torch::Device device_;
  std::unique_ptr<tasks::Task> task_;
  monitor::StepClock clock_;
  NotingChannel channel_;
  std::unique_ptr<comm::Communicator> alone_ = comm::make_single_rank_communicator();
  train::Wholeness wholeness_{*alone_};
  std::shared_ptr<models::Network> network_;
  checkpoint::TrainingState state_;
  std::unique_ptr<train::StepStatistics> statistics_;
  std::unique_ptr<train::GradientBuckets> buckets_;
  std::unique_ptr<train::ParameterUpdate> update_;
  std::unique_ptr<train::GradientSync> sync_;
  std::unique_ptr<NotingReduction> reduction_;
  std::unique_ptr<train::Schedule> schedule_;
  data::DatasetIndex delivered_;
  std::uint64_t steps_ = 0;
};

StepProbeReport measure(const train::RunSettings& settings, const data::DatasetIndex& index,
                        const torch::Device& device, const ProbeSettings& probe) {
  ProbedStep step(settings, index, device);
  StepProbeReport report;
  double samples = 0, seconds = 0;
  for (std::uint64_t n = kFewestSamples; n <= std::max(probe.most_samples, 2 * kFewestSamples); n *= 2) {
    const Stopwatch watch;
    const TimedStep timed = step.time(n);
    report.points.push_back({n, timed.peak_bytes});
    report.evaluation.push_back({n, step.evaluation_bytes(n)});
    if (samples > 0) {
      fit_step_cost(report.cost, samples, seconds, static_cast<double>(n), timed.micro_step_seconds);
      report.cost.update_seconds = timed.update_seconds;
      report.cost.backward_share = timed.backward_seconds / timed.micro_step_seconds;
      report.cost.buckets = step.bucket_times();
    }
    samples = static_cast<double>(n);
    seconds = timed.micro_step_seconds;
    if (n >= 2 * kFewestSamples && 2 * watch.seconds() > probe.seconds) break;
  }
  report.state = step.state_bytes();
  report.cost.runs_forward_twice = step.spans_batch();
  report.spanning_loss_bytes = step.spanning_loss_bytes();
  report.row_bytes = step.row_bytes();
  report.parameters = step.parameters();
  report.can_recompute = step.can_recompute();
  return report;
}

}  // namespace

StepProbeReport probe_step(const train::RunSettings& settings, const data::DatasetIndex& index,
                           const torch::Device& device, const ProbeSettings& probe) {
  train::RunSettings probed = settings;
  probed.train.precision = plan_probe_precision(settings.train.precision, device);
  // The loss scale's own tensors are scalars, and where nothing computes in float16 there is nothing to scale.
  probed.train.head_only_epochs = 0;
  probed.train.recompute = probe.recomputes ? train::Recompute::on : train::Recompute::off;
  probed.init.clear();
  try {
    return measure(probed, index, device, probe);
  } catch (const std::exception& failure) {
    throw train::name_failure(failure);
  }
}

train::Precision plan_probe_precision(train::Precision wish, const torch::Device& device) {
  if (!device.is_cpu()) return wish;
  // Kernels of float16 on CPUs, where there are any, take seconds for a sample.
  if (wish == train::Precision::fp16) return train::Precision::bf16;
  return wish == train::Precision::tf32 ? train::Precision::fp32 : wish;
}

}  // namespace hpctrain::tools
