#include "apps/start_table.hpp"

#include <fmt/format.h>

#include <array>

#include "core/text_format.hpp"
#include "monitor/settings_table.hpp"
#include "tools/memory_forecast.hpp"
#include "train/forward_pass.hpp"
#include "train/reproducible_mode.hpp"
#include "train/schedule.hpp"
#include "train/spanning_losses.hpp"

namespace hpctrain::apps {
namespace {

std::string describe_data(const data::DatasetIndex& index) {
  std::string text = index.folder.string();
  for (const auto& split : index.splits) text += fmt::format("  {} {}", split.name, format_count(split.num_samples));
  return text;
}

bool is_same(std::uint64_t stored, std::int64_t seen) {
  return stored == static_cast<std::uint64_t>(seen);
}

std::string describe_images(const data::DatasetIndex& index, const train::TrainingRun& run) {
  const auto seen = run.task().network_spec();
  const auto& stored = index.fields[index.field_position("image")].sample_shape;
  std::string text = fmt::format("{} × {} × {}", seen.height, seen.width, seen.channels);
  if (stored[0] == 0) {
    text += ", stored in several sizes";
  } else if (!is_same(stored[0], seen.height) || !is_same(stored[1], seen.width)) {
    text += fmt::format(", resized from {} × {}", stored[0], stored[1]);
  }
  return text + (run.is_resident() ? ", resident on the device" : "");
}

std::string describe_batch(const train::TrainSettings& train, int world) {
  const std::uint64_t share = data::plan_share(train.batch, 0, world).count;
  const std::uint64_t micro = train::plan_micro_batch(train, world);
  if (train::is_reproducible(train)) {
    return fmt::format("{} in {} micro-shards of up to {} samples, up to {} of them on each of {} ranks", train.batch,
                       train.micro_shards, micro, data::plan_micro_steps(train.micro_shards, world, 1), world);
  }
  return fmt::format("{} = {} ranks × up to {} samples, in {} micro-steps of up to {}", train.batch, world, share,
                     data::plan_micro_steps(train.batch, world, micro), micro);
}

std::string describe_lr(const train::RunSettings& run) {
  const double peak = train::plan_peak_lr(run.optimizer.lr, run.lr_scaling, run.train.batch);
  if (run.lr_scaling.kind == train::LrScaling::no) return fmt::format("{} at its peak", peak);
  return fmt::format("{} at its peak = {} × {} / {}", peak, run.optimizer.lr, run.train.batch,
                     run.lr_scaling.base_batch);
}

std::string describe_format(const train::RunSettings& run, const torch::Device& device) {
  constexpr std::array kNames = {"fp32", "tf32", "bf16", "fp16"};
  const auto precision = run.train.precision;
  constexpr std::array kLayouts = {"as stored", "first", "last"};  // of train::ImageLayout
  const auto layout = train::plan_image_layout(run.train.channels_last, precision, device);
  return fmt::format("{}, channels {}", kNames.at(static_cast<std::size_t>(precision)),
                     kLayouts.at(static_cast<std::size_t>(layout)));
}

/// The exact part; what activations take on top is measured by steps, and there was none yet.
std::string describe_memory(const train::RunSettings& run, const train::TrainingRun& training) {
  const auto state =
      tools::plan_state_bytes(run.train, run.optimizer, static_cast<std::uint64_t>(training.parameter_count()), 0);
  return fmt::format(
      "{} on each rank before activations (parameters {}, gradients {}, optimizer and average {}); "
      "`hpctrain plan` forecasts those",
      format_bytes(state.total()), format_bytes(state.parameters), format_bytes(state.gradients),
      format_bytes(state.optimizer + state.average));
}

}  // namespace

std::string make_start_table(const Settings& settings, const train::RunContext& context,
                             const std::vector<RankView>& views, const train::TrainingRun& run) {
  std::vector<monitor::SettingsRow> rows = {
      {"run directory", context.run_folder.string(), ""},
      {"data", describe_data(context.index), ""},
      {"images", describe_images(context.index, run), ""},
      {"augmentation", run.task().augmentation(), ""},
      {"task, network",
       fmt::format("{}, {} with {} parameters", settings.run.task, settings.run.network,
                   format_count(static_cast<std::uint64_t>(run.parameter_count()))),
       ""},
      {"ranks", describe_ranks(views), ""},
      {"devices", describe_devices(views), ""},
      {"node scratch", describe_scratch(views), ""},
      {"learning rate", describe_lr(settings.run), ""},
      {"number format", describe_format(settings.run, context.device), ""},
      {"global batch", describe_batch(settings.run.train, context.placement.world), ""},
  };
  rows.push_back({"expected memory", describe_memory(settings.run, run), ""});
  if (run.task().loss_spans_global_batch()) {
    rows.push_back({"loss", train::describe_spanning_loss(settings.run.train, context.placement.world), ""});
  }
  return monitor::make_settings_table("hpctrain", rows);
}

}  // namespace hpctrain::apps
