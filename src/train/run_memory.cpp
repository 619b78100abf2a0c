#include "train/run_memory.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>

#include "core/log.hpp"
#include "core/text_format.hpp"
#include "device/tensor_memory.hpp"
#include "train/failure_text.hpp"
#include "train/memory_report.hpp"
#include "train/micro_batch_plan.hpp"
#include "train/reproducible_mode.hpp"

namespace hpctrain::train {
namespace {

constexpr double kBytesPerMib = 1 << 20;

std::optional<std::uint64_t> limit_bytes(const MemorySettings& settings) {
  if (!settings.limit_mib) return std::nullopt;
  return static_cast<std::uint64_t>(*settings.limit_mib * kBytesPerMib);
}

std::string explain_absence(const RunMemory::Contents& contents, const MemorySettings& settings) {
  if (settings.when_out == OutOfMemory::end) return "train.oom is end";
  if (!contents.has_collectives) return {};
  return "with model.sync-bn on several ranks forward passes wait for each other and cannot be broken off";
}

/// GPUs have neither counters nor a limit before their first tensor.
const torch::Device& awakened(const torch::Device& device) {
  if (!device.is_cpu()) torch::empty({1}, torch::TensorOptions().device(device));
  return device;
}

}  // namespace

RunMemory::RunMemory(const Parts& parts) : parts_(parts), phases_(awakened(parts.device)) {
  const auto limit = limit_bytes(parts_.settings.memory);
  if (limit) device::limit_memory(parts_.device, limit);
}

void RunMemory::make_ladder(const Contents& contents) {
  contents_ = std::make_unique<Contents>(contents);
  const auto& train = parts_.settings.train;
  MemoryLadder::Parts parts{contents.wholeness, contents.feed,    contents.network,
                            contents.evaluator, parts_.placement, parts_.device};
  parts.facts = {.micro_batch = plan_micro_batch(train, parts_.placement.world),
                 .can_recompute = train.recompute != Recompute::off && contents.network.can_recompute(),
                 .has_batch_statistics = contents.statistics.elements() > 0,
                 .is_reproducible = is_reproducible(train)};
  parts.batch = train.batch;
  parts.recomputes_first = train.recompute == Recompute::on;
  parts.why_not = explain_absence(contents, parts_.settings.memory);
  parts.tell = [this](const Progress& progress, const RungReport& report) {
    if (contents_->graphs != nullptr) contents_->graphs->forget();
    tell_of_rung(progress, report);
  };
  parts.save_snapshot = [this](const Progress& progress, const LackOfMemory& lack) {
    return save_snapshot(progress, lack);
  };
  ladder_ = std::make_unique<MemoryLadder>(std::move(parts));
}

void RunMemory::tell_of_rung(const Progress& progress, const RungReport& report) {
  if (parts_.group.is_leader() && !parts_.is_trial) log_warning("{}", report.text);
  contents_->recorder.record_rung(progress, report);
}

std::string RunMemory::save_snapshot(const Progress& progress, const LackOfMemory& lack) const {
  const MemorySnapshot snapshot{.placement = parts_.placement,
                                .step = progress.step + 1,
                                .lack = lack,
                                .limit_bytes = limit_bytes(parts_.settings.memory),
                                .rung = ladder_->rung(),
                                .samples_at_once = ladder_->samples_at_once(),
                                .slot_bytes = parts_.device.is_cpu() ? contents_->slots.bytes() : 0};
  return save_memory_snapshot(parts_.files, parts_.run_folder, snapshot, contents_->state, contents_->buckets);
}

void RunMemory::restore(const nlohmann::json& steering) {
  const MemoryRung before = ladder_->rung();
  ladder_->restore(steering.value("memory", nlohmann::json::object()));
  if (ladder_->rung() == before) return;
  const std::string text =
      describe_rung(ladder_->rung(), plan_micro_batch(parts_.settings.train, parts_.placement.world));
  contents_->recorder.note_rung(text);
  if (!parts_.settings.quiet) log_info("an earlier start had not the memory for more: this one works with {}", text);
}

void RunMemory::begin(const Progress& progress) {
  const auto& train = parts_.settings.train;
  if (!is_automatic_micro_batch(train) || is_reproducible(train) || ladder_->is_found()) return;
  ladder_->start_with(contents_->wholeness.least(measure(progress)));
  if (!parts_.settings.quiet) {
    log_info("train.micro-batch auto: {}",
             describe_rung(ladder_->rung(), plan_micro_batch(train, parts_.placement.world)));
  }
}

/// Samples of this rank that fit. One that has hardly any in the first batch leaves the answer to the others.
std::uint64_t RunMemory::measure(const Progress& progress) {
  const std::uint64_t most = ladder_->samples_at_once();
  contents_->feed.seek(progress.cursor);
  std::uint64_t fitting = most;
  try {
    const auto records = contents_->feed.next();
    std::uint64_t there_are = records ? records->host.count : 0;
    // Where forward passes talk, all ranks measure or none.
    if (contents_->has_collectives) there_are = contents_->wholeness.least(there_are);
    // Layers that normalise over a batch need two samples at least.
    constexpr std::uint64_t kFewer = 2, kMore = 4;
    if (there_are >= kMore) {
      // What is made once, at a first pass, counts for neither.
      measure_peak(*records, kFewer, progress.step);
      const MemoryPoint fewer{kFewer, measure_peak(*records, kFewer, progress.step)};
      const MemoryPoint more{kMore, measure_peak(*records, kMore, progress.step)};
      fitting = plan_largest_micro_batch(fewer, more, budget_bytes(), most);
    }
  } catch (const std::exception& failure) {
    if (!lacks_tensor_memory(failure) || contents_->has_collectives) throw;
    fitting = 1;
  }
  phases_.begin_anew();
  contents_->buckets.zero();
  contents_->statistics.clear();
  contents_->feed.seek(progress.cursor);
  return fitting;
}

std::uint64_t RunMemory::measure_peak(const tasks::DeviceRecords& records, std::uint64_t samples, std::uint64_t step) {
  RecordPart part;
  part.cut(records, {0, samples});
  phases_.begin_anew();
  MicroStep& micro_step = contents_->micro_step;
  const auto batch = micro_step.make_batch(*part.records);
  const auto outputs = micro_step.run_forward(batch, {step, part.host.first_in_batch});
  if (micro_step.task().loss_spans_global_batch()) {
    micro_step.run_backward(outputs, torch::zeros_like(outputs));
  } else {
    micro_step.run_backward(micro_step.loss_of(outputs, batch));
  }
  return phases_.peaks()[phases_.peaks().greatest()];
}

std::uint64_t RunMemory::budget_bytes() const {
  const std::uint64_t held = device::read_memory_use(parts_.device).allocated_bytes;
  // Ranks of a node share its memory; each has a GPU of its own.
  const int sharers = parts_.device.is_cpu() ? std::max(1, parts_.placement.local_world) : 1;
  const std::uint64_t there_is = held + device::free_memory(parts_.device) / static_cast<std::uint64_t>(sharers);
  return std::min(limit_bytes(parts_.settings.memory).value_or(there_is), there_is);
}

void RunMemory::finish_step(std::uint64_t step) {
  const std::uint64_t every = parts_.settings.memory.empty_cache_every_steps;
  if (every > 0 && step % every == 0) device::release_cached_memory(parts_.device);
}

nlohmann::json RunMemory::gather() {
  return gather_memory(parts_.group, phases_.peaks(), parts_.device,
                       find_holdings(contents_->state, contents_->buckets));
}

}  // namespace hpctrain::train
