#include "tools/bare_loop.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "core/file_system.hpp"
#include "data/loader.hpp"
#include "device/device.hpp"
#include "train/forward_pass.hpp"
#include "train/initial_weights.hpp"
#include "train/run_parts.hpp"

namespace hpctrain::tools {
namespace {

using monitor::Phase;

/// SGD with momentum, written down once more.
class BareSgd {
 public:
  BareSgd(const train::OptimizerSettings& settings, const models::Network& network)
      : settings_(settings), values_(network.parameters()) {
    for (const auto& value : values_) momentum_.push_back(torch::zeros_like(value));
  }

  void zero_gradients() {
    for (auto& value : values_) value.mutable_grad().reset();
  }

  void step(double lr) {
    const torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> gradients;
    for (const auto& value : values_) gradients.push_back(value.grad());
    at::_fused_sgd_(values_, gradients, momentum_, settings_.weight_decay, settings_.momentum, lr, /*dampening=*/0,
                    settings_.nesterov, /*maximize=*/false, /*is_first_step=*/false);
  }

 private:
  const train::OptimizerSettings& settings_;
  std::vector<torch::Tensor> values_;
  std::vector<torch::Tensor> momentum_;
};

std::shared_ptr<models::Network> make_network(const train::RunSettings& settings, const tasks::Task& task,
                                              const torch::Device& device) {
  auto network = train::make_run_network(settings, task);
  if (!settings.init.empty()) train::load_initial_weights(posix_file_system(), settings.init, *network);
  train::prepare_for_training(settings, *network, device);
  return network;
}

}  // namespace

StoredBatches::StoredBatches(const train::RunSettings& settings, const data::DatasetIndex& index,
                             const Placement& placement, const tasks::Task& task, std::uint64_t steps) {
  const auto windows = task.window_plan();
  data::Loader loader(index, train::make_loader_plan(settings, placement.world), settings.loader, placement,
                      data::LoaderSeams{.window_plan = windows.get()});
  loader.seek({});
  steps_per_epoch_ = loader.steps_per_epoch();
  while (steps_.size() < steps) {
    steps_.emplace_back();
    for (bool is_last = false; !is_last;) {
      const auto lease = loader.next();
      require_invariant(lease.has_value(), "the training loader never ends");
      append(**lease);
      is_last = (*lease)->is_last_of_step();
    }
  }
}

void StoredBatches::append(const data::MicroBatch& batch) {
  data::MicroBatch stored = batch;
  stored.sample_ids = ids_.emplace_back(batch.sample_ids.begin(), batch.sample_ids.end());
  for (auto& row : stored.rows) row = rows_.emplace_back(row.begin(), row.end());
  steps_.back().push_back(stored);
}

BareLoopReport run_bare_loop(const train::RunSettings& settings, const tasks::Task& task, const StoredBatches& batches,
                             const torch::Device& device, std::uint64_t warm_up_steps) {
  require(settings.optimizer.kind == train::OptimizerKind::sgd, Fault::usage,
          "bench step compares with a loop that knows sgd only; leave --optim.name away");
  const auto network = make_network(settings, task, device);
  const auto forward_pass = train::make_forward_pass(settings, device);
  const auto schedule = train::make_run_schedule(settings, train::plan_length(settings, batches.steps_per_epoch()));
  BareSgd optimizer(settings.optimizer, *network);
  std::vector<torch::Tensor> losses;
  monitor::StepClock clock;
  for (std::uint64_t step = 0; step < batches.size(); ++step) {
    if (step == warm_up_steps) {
      device::wait_for_uploads(device);
      clock = monitor::StepClock();
      clock.switch_to(Phase::other);
    }
    clock.switch_to(Phase::optimizer);
    optimizer.zero_gradients();
    clock.switch_to(Phase::other);
    auto sum = torch::zeros({}, device);
    for (const auto& records : batches.step(step)) {
      if (records.count == 0) continue;
      clock.switch_to(Phase::make_batch);
      const auto batch = task.make_batch(records, device, tasks::Mode::train);
      clock.switch_to(Phase::forward);
      const auto outputs = forward_pass.run(task, *network, batch);
      const auto loss = task.loss_sum(outputs, batch) / static_cast<double>(records.batch.count);
      clock.switch_to(Phase::backward);
      loss.backward();
      clock.switch_to(Phase::other);
      sum += loss.detach();
    }
    clock.switch_to(Phase::optimizer);
    optimizer.step(schedule.lr_at(step));
    clock.switch_to(Phase::other);
    losses.push_back(sum);
  }
  device::wait_for_uploads(device);
  BareLoopReport report;
  report.phases = clock.seconds();
  for (double& seconds : report.phases.seconds) seconds /= static_cast<double>(batches.size() - warm_up_steps);
  report.step_seconds = report.phases.training();
  for (const auto& loss : losses) report.losses.push_back(loss.item<double>());
  return report;
}

}  // namespace hpctrain::tools
