#include "monitor/tensorboard.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/run_identifier.hpp"

namespace hpctrain::monitor {
namespace {

/// TensorBoard takes what has "tfevents" in its name, in the order of names.
std::string file_name(double unix) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return fmt::format("events.out.tfevents.{}.{}.{}.{}", static_cast<std::uint64_t>(unix), host.data(), ::getpid(),
                     random_hex(2));
}

}  // namespace

void TensorboardWriter::record(const MetricsPosition& position, const RunEvent& event) {
  EventPlace place = place_of(position);
  try {
    file_ = std::make_unique<TfrecordFile>(run_folder_ / file_name(place.unix_seconds));
  } catch (const Error& error) {
    return give_up(error.what());
  }
  keep(version_event(place.unix_seconds));
  // Without a checkpoint a later start begins anew: all that earlier ones said is void.
  place.step = event.resumed_from.value_or(0) + 1;
  keep(restart_event(place));
  place.step = 0;
  if (!parameters_.empty()) keep(session_start_event(place, parameters_));
  flush();
}

void TensorboardWriter::record(const MetricsPosition& position, const StepEvent& event) {
  std::vector<ScalarValue> values = {
      {"train/loss", event.loss}, {"train/lr", event.lr}, {"train/samples_per_second", event.samples_per_second}};
  if (event.gradient_norm) values.push_back({"train/gradient_norm", *event.gradient_norm});
  if (event.loss_scale) values.push_back({"train/loss_scale", *event.loss_scale});
  keep(scalar_event(place_of(position), values));
}

void TensorboardWriter::record(const MetricsPosition& position, const EpochEvent& event) {
  std::vector<ScalarValue> values = {{"memory/resident_bytes", event.resident_bytes}};
  if (event.gpus) {
    values.push_back({"gpu/busy_share", event.gpus->busy_share});
    values.push_back({"gpu/memory_bytes", event.gpus->memory_bytes});
    values.push_back({"gpu/temperature_celsius", event.gpus->temperature_celsius});
    values.push_back({"gpu/watts", event.gpus->watts_per_gpu});
  }
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    const auto phase = static_cast<Phase>(i);
    if (phase != Phase::start) values.push_back({"share/" + std::string(phase_name(phase)), event.phases.share(phase)});
  }
  keep(scalar_event(place_of(position), values));
  flush();
}

void TensorboardWriter::record(const MetricsPosition& position, const EvalEvent& event) {
  std::vector<ScalarValue> values;
  for (const auto& [name, value] : event.metrics) values.push_back({event.split + "/" + name, value});
  keep(scalar_event(place_of(position), values));
  flush();
}

void TensorboardWriter::record(const MetricsPosition& position, const EndEvent& /*event*/) {
  if (!parameters_.empty()) keep(session_end_event({place_of(position).unix_seconds, 0}));
  flush();
}

void TensorboardWriter::show(const MetricsPosition& position, const std::vector<Picture>& pictures) {
  for (const Picture& picture : pictures) {
    const std::string tag = fmt::format("{}/worst {}", picture.split, picture.place);
    keep(image_event(place_of(position), tag, picture.width, picture.height, picture.png));
  }
  flush();
}

void TensorboardWriter::show(const MetricsPosition& position, const std::vector<Histogram>& histograms) {
  if (!histograms.empty()) keep(histogram_event(place_of(position), histograms));
  flush();
}

void TensorboardWriter::keep(const std::string& event) {
  constexpr double kMostSecondsKept = 10;
  if (!file_) return;
  try {
    file_->append(event);
  } catch (const Error& error) {
    // A frame may be torn now, and TensorBoard reads nothing behind it.
    return give_up(error.what());
  }
  if (since_flush_.seconds() > kMostSecondsKept) flush();
}

void TensorboardWriter::flush() {
  if (!file_) return;
  try {
    file_->flush();
    since_flush_ = Stopwatch();
  } catch (const Error& error) {
    give_up(error.what());
  }
}

void TensorboardWriter::give_up(const char* reason) {
  file_.reset();
  log_warning("TensorBoard's file of this start is being lost, training goes on: {}", reason);
}

}  // namespace hpctrain::monitor
