#include "train/memory_ladder.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/text_format.hpp"
#include "device/tensor_memory.hpp"
#include "train/failure_text.hpp"

namespace hpctrain::train {
namespace {

std::string describe_lack(int rank, const nlohmann::json& message) {
  const auto device_bytes = message.at("device").get<std::uint64_t>();
  return fmt::format("rank {} on {} ran out of memory ({}; its tensors held up to {}{})", rank,
                     message.at("host").get<std::string>(), message.at("text").get<std::string>(),
                     format_bytes(message.at("held").get<std::uint64_t>()),
                     device_bytes > 0 ? " of the device's " + format_bytes(device_bytes) : "");
}

}  // namespace

MemoryLadder::MemoryLadder(Parts parts) : parts_(std::move(parts)) {
  rung_.recomputes = parts_.recomputes_first;
}

LackOfMemory MemoryLadder::find_lack(const std::exception& failure) const {
  if (!lacks_tensor_memory(failure)) throw;
  if (!parts_.why_not.empty()) {
    throw Error(Fault::device, fmt::format("{}; the step is not repeated with less memory: {}",
                                           name_failure(failure).what(), parts_.why_not));
  }
  return {first_line_of(failure), device::read_memory_use(parts_.device).peak_allocated_bytes,
          device::total_memory(parts_.device)};
}

/// What a rank that ran out tells the others; empty: this one did not.
std::string MemoryLadder::write_message(const Progress& progress, const std::optional<LackOfMemory>& mine) const {
  if (!mine) return {};
  const std::string file = parts_.save_snapshot ? parts_.save_snapshot(progress, *mine) : std::string();
  return nlohmann::json{{"host", parts_.placement.host},
                        {"text", mine->text},
                        {"held", mine->held_bytes},
                        {"device", mine->device_bytes},
                        {"file", file}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void MemoryLadder::step_down(const Progress& progress, const std::optional<LackOfMemory>& mine) {
  const auto messages = parts_.wholeness.gather(write_message(progress, mine));
  const auto first = std::find_if(messages.begin(), messages.end(), [](const auto& text) { return !text.empty(); });
  require_invariant(first != messages.end(), "a rank that ran out of memory says so");
  RungReport report{.step = progress.step, .rank = static_cast<int>(first - messages.begin())};
  const auto message = nlohmann::json::parse(*first);
  report.host = message.at("host").get<std::string>();
  const auto next = plan_next_rung(rung_, parts_.facts);
  if (!next) throw Error(Fault::device, describe_end(message, report.rank, progress.step)).as_agreed();
  take(*next);
  // What the dropped attempt left in torch's hands lies in the way of blocks of other sizes.
  device::release_cached_memory(parts_.device);
  parts_.feed.seek(progress.cursor);
  report.rung = rung_;
  report.samples_at_once = samples_at_once();
  report.description = describe_rung(rung_, parts_.facts.micro_batch);
  report.text = fmt::format("step {}: {}; all ranks repeat it with {}, the global batch stays {}", progress.step + 1,
                            describe_lack(report.rank, message), report.description, parts_.batch);
  if (parts_.facts.has_batch_statistics && rung_.pieces > 1) {
    report.text += "; batches are normalised over fewer samples from now on, which changes what is learned";
  }
  if (parts_.tell) parts_.tell(progress, report);
}

std::string MemoryLadder::describe_end(const nlohmann::json& message, int rank, std::uint64_t step) const {
  const auto file = message.at("file").get<std::string>();
  return fmt::format(
      "out of memory in step {}: {}, and nothing is left to give: it works with {} of a global batch of {}{}. Give a "
      "smaller model or image, or more memory to each rank (train.memory-limit-mib where it is set){}",
      step + 1, describe_lack(rank, message), describe_rung(rung_, parts_.facts.micro_batch), parts_.batch,
      parts_.facts.is_reproducible ? ", which train.micro-shards fixes: give more of them" : "",
      file.empty() ? "" : "; what held it: " + file);
}

void MemoryLadder::start_with(std::uint64_t samples_at_once) {
  is_measured_ = true;
  const std::uint64_t samples = std::max(samples_at_once, least_samples(parts_.facts));
  if (samples < this->samples_at_once()) take({plan_pieces(parts_.facts.micro_batch, samples), rung_.recomputes});
}

void MemoryLadder::take(const MemoryRung& rung) {
  rung_ = rung;
  parts_.feed.set_pieces({rung.pieces, least_samples(parts_.facts), samples_at_once()});
  parts_.network.set_recomputation(rung.recomputes);
  parts_.evaluator.use_at_once(samples_at_once());
}

nlohmann::json MemoryLadder::to_json() const {
  nlohmann::json json = nlohmann::json::object();
  if (rung_.pieces > 1) json["samples_at_once"] = samples_at_once();
  if (rung_.recomputes && !parts_.recomputes_first) json["recomputes"] = true;
  if (is_measured_) json["measured_micro_batch"] = parts_.facts.micro_batch;
  return json;
}

void MemoryLadder::restore(const nlohmann::json& json) {
  MemoryRung rung = rung_;
  rung.recomputes = rung.recomputes || (json.value("recomputes", false) && parts_.facts.can_recompute);
  const auto samples = json.value("samples_at_once", parts_.facts.micro_batch);
  // A micro-shard is what it is.
  if (!parts_.facts.is_reproducible) rung.pieces = plan_pieces(parts_.facts.micro_batch, samples);
  if (rung != rung_) take(rung);
  is_measured_ = json.value("measured_micro_batch", std::uint64_t{0}) == parts_.facts.micro_batch;
}

}  // namespace hpctrain::train
