#include "train/spanning_losses.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <exception>
#include <memory>
#include <optional>

#include "core/error.hpp"
#include "device/device.hpp"
#include "train/failure_text.hpp"

namespace hpctrain::train {
namespace {

using monitor::Phase;
using monitor::PhaseTimer;

torch::Tensor rows_of(const torch::Tensor& all, const MicroStepPlace& place, std::int64_t count) {
  return all.narrow(0, static_cast<std::int64_t>(place.first_in_batch), count);
}

}  // namespace

/// There from the start: a rank that runs out of memory must still hand its rows to the others, who wait for them.
SpanningLosses::SpanningLosses(const Parts& parts, comm::GradientChannel& channel, const torch::Device& device,
                               std::uint64_t most_samples)
    : Accumulation(parts), channel_(channel), device_(device) {
  std::vector<std::int64_t> shape{static_cast<std::int64_t>(most_samples)};
  for (const std::int64_t extent : parts_.micro_step.task().spanning_output_shape()) shape.push_back(extent);
  rows_ = torch::zeros(shape, torch::TensorOptions().dtype(parts_.buckets.slab().scalar_type()).device(device_));
}

data::GlobalBatch SpanningLosses::run(std::uint64_t step) {
  // Whatever is held goes before a step that broke off begins again.
  const std::unique_ptr<std::vector<Held>, void (*)(std::vector<Held>*)> emptied(&held_,
                                                                                 [](auto* held) { held->clear(); });
  return run_both_passes(step);
}

data::GlobalBatch SpanningLosses::run_both_passes(std::uint64_t step) {
  clear_gradients();
  data::GlobalBatch batch;
  std::exception_ptr lack;
  try {
    batch = run_first_pass(step);
    write_rows();
  } catch (const std::exception& failure) {
    if (!lacks_tensor_memory(failure)) throw;
    lack = std::current_exception();
  }
  gather_rows();
  if (lack) std::rethrow_exception(lack);
  const Answer answer = differentiate(batch.count);
  // What the first of two passes staged comes once more in the second.
  if (held_.size() > 1) parts_.statistics.clear();
  for (auto& held : held_) run_second_pass(held, answer, &held == &held_.back());
  return batch;
}

data::GlobalBatch SpanningLosses::run_first_pass(std::uint64_t step) {
  while (true) {
    const tasks::DeviceRecords records = next_records(step);
    held_.push_back(hold(records, step));
    parts_.feed.look_ahead();
    if (records.host.is_last_of_step()) return records.host.batch;
  }
}

SpanningLosses::Held SpanningLosses::hold(const tasks::DeviceRecords& records, std::uint64_t step) {
  Held held{.place = {step, records.host.first_in_batch}, .count = records.count()};
  held.has_work = held.count > 0 || parts_.has_collectives;
  if (!held.has_work) return held;
  held.batch = parts_.micro_step.make_batch(records);
  std::optional<torch::NoGradGuard> no_grad;
  if (records.host.micro_steps > 1) no_grad.emplace();
  held.outputs = parts_.micro_step.run_forward(held.batch, held.place);
  return held;
}

/// Every rank writes its rows into zeros, and the sum over ranks is all of them, to the bit: minus zero becomes zero
/// there, and so it must on one rank alone.
void SpanningLosses::write_rows() {
  const torch::NoGradGuard no_grad;
  rows_.zero_();
  for (const auto& held : held_) {
    if (held.count > 0) rows_of(rows_, held.place, held.count).copy_(held.outputs);
  }
  rows_.add_(0);
}

/// All of them, also where the batch is a short one: a rank that broke off may not know.
void SpanningLosses::gather_rows() {
  const PhaseTimer timer(parts_.clock, Phase::communication);
  const comm::Span span{rows_.data_ptr(), static_cast<std::size_t>(rows_.numel()),
                        rows_.scalar_type() == torch::kFloat64 ? comm::ElementType::f64 : comm::ElementType::f32};
  channel_.start_all_reduce(span, comm::ReduceOp::sum, device::compute_stream(device_))->wait();
}

SpanningLosses::Answer SpanningLosses::differentiate(std::uint64_t samples) {
  const auto outputs = rows_.narrow(0, 0, static_cast<std::int64_t>(samples)).detach().requires_grad_();
  const PhaseTimer timer(parts_.clock, Phase::forward);
  const auto losses = parts_.micro_step.task().spanning_losses(outputs);
  losses.mean().backward();
  return {losses.detach(), outputs.grad()};
}

void SpanningLosses::run_second_pass(Held& held, const Answer& answer, bool is_last) {
  torch::Tensor loss;
  if (held.has_work) {
    if (held_.size() > 1) held.outputs = parts_.micro_step.run_forward(held.batch, held.place);
    loss = rows_of(answer.losses, held.place, held.count).sum() / static_cast<double>(answer.losses.size(0));
  }
  write_passengers(loss);
  parts_.reduction.start_backward(is_last);
  if (held.has_work) {
    const auto gradient = rows_of(answer.gradients, held.place, held.count).to(held.outputs.scalar_type());
    parts_.micro_step.run_backward(held.outputs, parts_.update.scaled(gradient));
  }
  parts_.reduction.end_micro_step();
  held = {};
}

std::string describe_spanning_loss(const TrainSettings& settings, int world) {
  const std::uint64_t micro_steps =
      settings.micro_shards > 0 ? data::plan_micro_steps(settings.micro_shards, world, 1)
                                : data::plan_micro_steps(settings.batch, world, plan_micro_batch(settings, world));
  if (micro_steps == 1) {
    return fmt::format("over all {} samples of a global batch at once, in one pass", settings.batch);
  }
  return fmt::format(
      "over all {} samples of a global batch at once, exactly: the outputs of {} micro-steps are computed first, and "
      "once more for their gradients",
      settings.batch, micro_steps);
}

}  // namespace hpctrain::train
