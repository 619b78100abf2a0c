#include "tools/plan_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/text_format.hpp"
#include "data/delivered_fields.hpp"
#include "device/device.hpp"
#include "tasks/image_size.hpp"
#include "tools/memory_plan.hpp"
#include "train/residency.hpp"
#include "train/run_parts.hpp"

namespace hpctrain::tools {
namespace {

constexpr std::uint64_t kMostMicroBatch = 65'536;
/// Enough for two points of a line: what is recomputed is asked for its memory alone.
constexpr std::uint64_t kSamplesForMemory = 4;

/// One image size in one number format.
struct Case {
  std::string image;  ///< as people read it
  train::Precision precision;
  train::RunSettings settings;
  data::DatasetIndex index;
  std::optional<StepProbeReport> kept, recomputed;
  std::uint64_t resident = 0;  ///< bytes of training images that stay on the device
  std::string reason;
  Fault fault = Fault::usage;
};

std::string describe_image(const data::DatasetIndex& index, const train::RunSettings& settings) {
  if (const auto size = tasks::read_image_size(settings.image_size)) {
    return fmt::format("{} × {}", size->height, size->width);
  }
  const auto& stored = index.fields[index.field_position("image")].sample_shape;
  return fmt::format("{} × {}", stored[0], stored[1]);
}

class PlanSurvey {
 public:
  PlanSurvey(const PlanQuestion& question, const SurveyedLinks& links, const torch::Device& device)
      : question_(question), links_(links), device_(device) {}

  PlanReport run() {
    probe_all();
    fill_head();
    for (const Case& measured : cases_) fill_memory(measured);
    fill_times();
    fill_caveats();
    return std::move(report_);
  }

 private:
  void probe_all() {
    auto sizes = question_.image_sizes;
    if (sizes.empty()) sizes.push_back(question_.run.image_size);
    auto precisions = question_.precisions;
    if (precisions.empty()) precisions.push_back(question_.run.train.precision);
    for (const auto& size : sizes) {
      for (const auto precision : precisions) cases_.push_back(probe(size, precision));
    }
    const auto measured = std::find_if(cases_.begin(), cases_.end(), [](const Case& c) { return c.kept.has_value(); });
    if (measured == cases_.end()) throw Error(cases_.front().fault, cases_.front().reason);
    // The run's own format is timed where it is among them.
    const auto own = std::find_if(cases_.begin(), cases_.end(), [this](const Case& c) {
      return c.kept && c.precision == question_.run.train.precision &&
             c.settings.image_size == question_.run.image_size;
    });
    timed_ = &*(own == cases_.end() ? measured : own);
  }

  Case probe(const std::string& size, train::Precision precision) const {
    Case measured{.image = size,
                  .precision = precision,
                  .settings = planned_settings(question_, size, precision),
                  .index = {},
                  .kept = {},
                  .recomputed = {},
                  .resident = 0,
                  .reason = ""};
    try {
      measured.index = planned_index(question_, size);
      measured.image = describe_image(measured.index, measured.settings);
      measured.kept = probe_step(measured.settings, measured.index, device_, {});
      measured.resident = resident_bytes(measured.settings, measured.index, measured.kept->state.total());
      if (measured.kept->can_recompute) {
        measured.recomputed = probe_step(measured.settings, measured.index, device_,
                                         {.most_samples = kSamplesForMemory, .recomputes = true});
      }
    } catch (const Error& error) {
      measured.kept.reset();
      measured.reason = error.what();
      measured.fault = error.fault();
    }
    return measured;
  }

  void fill_head() {
    const StepProbeReport& probe = *timed_->kept;
    report_.network = question_.run.network;
    report_.task = question_.run.task;
    report_.parameters = probe.parameters;
    report_.state = probe.state;
    report_.card_name = question_.card_name;
    report_.card = question_.card;
    report_.device_words = device::describe_device(device_);
    report_.probe_words = fmt::format("steps of 2 to {} samples", probe.points.back().samples);
    report_.ranks_per_node = question_.ranks_per_node;
    report_.node_words = links_.node_words;
    report_.network_words = links_.network_words;
    report_.hours_name = device_.is_cuda() ? "GPU-hours" : "core-hours";
    report_.hours_per_rank_hour = device_.is_cuda() ? 1 : static_cast<double>(question_.cpus);
  }

  std::vector<std::uint64_t> micro_batches() const {
    if (!question_.micro_batches.empty()) return question_.micro_batches;
    const std::uint64_t own = train::plan_micro_batch(question_.run.train, question_.ranks.front());
    std::vector<std::uint64_t> all;
    if (own > 1) all.push_back(own / 2);
    all.insert(all.end(), {own, 2 * own});
    return all;
  }

  MemoryForecast forecast(const Case& measured, const StepProbeReport& probe, std::uint64_t samples) const {
    MemoryForecast memory = plan_memory(probe, measured.settings, samples, question_.is_for_gpu);
    memory.resident = measured.resident;
    return memory;
  }

  /// Training images that the run would keep on its device as a whole.
  ///   errors  Fault::usage where the run is to keep them and cannot
  std::uint64_t resident_bytes(const train::RunSettings& run, const data::DatasetIndex& index,
                               std::uint64_t held) const {
    const auto delivered = data::delivered_index(index, tasks::read_image_size(run.image_size));
    train::ResidencyFacts facts;
    facts.split_bytes =
        train::delivered_bytes(delivered, delivered.split(run.train_split), delivered.field_position("image"));
    const std::uint64_t usable = question_.card.usable_bytes();
    if (question_.is_for_gpu) facts.free_bytes = usable > held ? usable - held : 0;
    facts.is_cut_when_decoded = train::make_run_task(run, index)->window_plan() != nullptr;
    return train::plan_residency(run.residency, facts) ? facts.split_bytes : 0;
  }

  void fill_memory(const Case& measured) {
    const std::string format(precision_name(measured.precision));
    for (const std::uint64_t samples : micro_batches()) {
      PlanRow row{.image = measured.image,
                  .format = format,
                  .micro_batch = samples,
                  .kept = {},
                  .recomputed = {},
                  .reason = measured.reason};
      if (measured.kept) row.kept = forecast(measured, *measured.kept, samples);
      if (measured.recomputed) row.recomputed = forecast(measured, *measured.recomputed, samples);
      report_.rows.push_back(row);
    }
    if (!measured.kept) return;
    const auto largest = [&](const StepProbeReport& probe) {
      return find_largest_micro_batch(question_.card, kMostMicroBatch, [&](std::uint64_t samples) {
        return forecast(measured, probe, samples).total();
      });
    };
    PlanLargest found{.image = measured.image,
                      .format = format,
                      .kept = largest(*measured.kept),
                      .recomputed = {},
                      .can_recompute = measured.recomputed.has_value()};
    if (measured.recomputed) found.recomputed = largest(*measured.recomputed);
    report_.largest.push_back(found);
  }

  void fill_times() {
    const train::RunSettings& run = timed_->settings;
    const data::DatasetIndex& index = timed_->index;
    RunShape& shape = report_.shape;
    shape.samples = index.split(run.train_split).num_samples;
    train::require_batch(run, index);
    shape.batch = run.train.batch;
    shape.micro_batch = run.train.micro_batch;
    shape.steps_per_epoch = data::steps_per_epoch(shape.samples, shape.batch, run.tail);
    shape.total_steps = train::plan_length(run, shape.steps_per_epoch).total_steps;
    report_.time_words = fmt::format(
        "steps timed on this {} at {} in {}: {} steps an epoch, {} in all; without reading, evaluations and "
        "checkpoints",
        device_.is_cpu() ? "CPU" : "GPU", timed_->image,
        precision_name(plan_probe_precision(timed_->precision, device_)), format_count(shape.steps_per_epoch),
        format_count(shape.total_steps));
    const bool recomputes = run.train.recompute == train::Recompute::on && timed_->recomputed;
    const StepCost& cost = (recomputes ? timed_->recomputed : timed_->kept)->cost;
    const Cluster cluster{question_.ranks_per_node, links_.node, links_.network};
    for (const int ranks : question_.ranks) {
      const auto time = plan_time_at_ranks(cost, shape, cluster, ranks);
      time ? report_.times.push_back(*time) : report_.refused_ranks.push_back(ranks);
    }
    fill_data(index, run);
  }

  void fill_data(const data::DatasetIndex& index, const train::RunSettings& run) {
    const auto& image = index.fields[index.field_position("image")];
    const std::string records =
        fmt::format("{} records of {} × {}", format_count(report_.shape.samples), timed_->image, image.sample_shape[2]);
    if (!question_.index) {
      report_.data_words = records + fmt::format(
                                         ", {} outputs: made up, for no data set is given (--data, or --records "
                                         "--outputs --samples)",
                                         format_count(question_.shape.outputs));
      report_.cache_bytes = report_.shape.samples * timed_->kept->row_bytes;
      return;
    }
    report_.data_words = records + " from " + index.folder.string();
    const auto task = train::make_run_task(run, index);
    for (const auto& name : train::splits_in_use(run, *task, index)) {
      const data::Split& split = index.split(name);
      for (std::uint64_t i = 0; i < split.shard_count; ++i) {
        report_.cache_bytes += index.shards[split.first_shard + i].file_bytes;
      }
    }
  }

  void fill_caveats() {
    auto& notes = report_.caveats;
    if (question_.is_for_gpu && device_.is_cpu()) {
      notes.emplace_back(
          "activations were measured on a CPU; cuDNN's workspaces come on top on a GPU, and times are this CPU's");
    }
    if (plan_probe_precision(timed_->precision, device_) != timed_->precision) {
      notes.push_back(
          fmt::format("this device has no {}; what has as many bytes was measured", precision_name(timed_->precision)));
    }
    if (question_.run.train.micro_shards > 0) {
      notes.emplace_back(
          "train.micro-shards keeps sums of gradients besides, up to twice the logarithm of their number");
    }
    if (timed_->kept && timed_->kept->spanning_loss_bytes > 0) {
      notes.push_back(fmt::format(
          "activations include {} of the loss, which compares all {} samples of a global batch with each other on each "
          "rank; of several micro-steps, each runs forward twice, and their images are kept besides until the second",
          format_bytes(timed_->kept->spanning_loss_bytes), format_count(question_.run.train.batch)));
    }
    if (timed_->kept && timed_->kept->can_recompute && !timed_->recomputed) {
      notes.emplace_back("recomputation could not be measured");
    }
  }

  const PlanQuestion& question_;
  const SurveyedLinks& links_;
  torch::Device device_;
  std::vector<Case> cases_;
  const Case* timed_ = nullptr;
  PlanReport report_;
};

}  // namespace

std::string_view precision_name(train::Precision precision) {
  constexpr std::array<std::string_view, 4> kNames = {"fp32", "tf32", "bf16", "fp16"};
  return kNames.at(static_cast<std::size_t>(precision));
}

data::DatasetIndex planned_index(const PlanQuestion& question, const std::string& image_size) {
  if (question.index) return *question.index;
  // What nobody has packed yet would be packed at that size.
  RecordShape shape = question.shape;
  if (const auto size = tasks::read_image_size(image_size)) {
    shape.height = size->height;
    shape.width = size->width;
  }
  return make_planned_index(question.run.task, shape, question.run.train_split);
}

train::RunSettings planned_settings(const PlanQuestion& question, const std::string& image_size,
                                    train::Precision precision) {
  train::RunSettings settings = question.run;
  settings.image_size = question.index ? image_size : "stored";
  settings.train.precision = precision;
  return settings;
}

PlanReport survey_plan(const PlanQuestion& question, const SurveyedLinks& links, const torch::Device& device) {
  return PlanSurvey(question, links, device).run();
}

}  // namespace hpctrain::tools
