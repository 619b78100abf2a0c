// Runs the parts of training that Python has twins of on given numbers, for tests that compare. Only they call it.
// Options are those of hpctrain.
//   training_probe update IN.safetensors OUT.safetensors [--section.key value …]
//     IN: `parameter/<name>` and `gradient/<step>/<name>`, steps from 0, one an epoch. OUT: `<name>` and
//     `average/<name>` after the last step.
//   training_probe schedule STEPS_PER_EPOCH [--section.key value …]    prints the rate of every step
//   training_probe scaler GROWTH_INTERVAL PATTERN    PATTERN: a letter a step, x for an overflow; prints the scale that
//     each step's gradients came with, the growth tracker after it, and the parameter
#include <torch/utils.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "apps/option_table.hpp"
#include "checkpoint/safetensors.hpp"
#include "config/command_line.hpp"
#include "config/resolve.hpp"
#include "core/error.hpp"
#include "train/parameter_update.hpp"
#include "train/schedule.hpp"

namespace hpctrain {
namespace {

using checkpoint::NamedTensor;
using TensorsByName = std::map<std::string, torch::Tensor>;

train::RunSettings read_settings(const std::vector<std::string>& flags) {
  apps::Settings settings;
  const auto table = apps::make_option_table(settings);
  config::Sources sources;
  sources.flags = config::parse_command_line(table, flags).assignments;
  config::resolve(table, sources, config::AxisPolicy::refuse);
  return settings.run;
}

TensorsByName load_tensors(const std::string& path) {
  TensorsByName given;
  for (auto& [key, tensor] : checkpoint::load_safetensors(posix_file_system(), path).tensors) given[key] = tensor;
  return given;
}

std::vector<NamedTensor> make_parameters(const TensorsByName& given) {
  const std::string prefix = "parameter/";
  std::vector<NamedTensor> parameters;
  for (const auto& [name, tensor] : given) {
    if (!name.starts_with(prefix)) continue;
    auto parameter = tensor.clone().requires_grad_();
    parameter.mutable_grad() = torch::zeros_like(tensor);
    parameters.push_back({name.substr(prefix.size()), parameter});
  }
  return parameters;
}

int run_update(const std::string& in, const std::string& out, const train::RunSettings& settings) {
  const auto given = load_tensors(in);
  auto parameters = make_parameters(given);
  train::ParameterUpdate update(settings.train, settings.optimizer, parameters);
  const std::uint64_t steps = given.size() / parameters.size() - 1;
  const train::Schedule schedule(settings.schedule, settings.optimizer.lr, {1, steps});
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (auto& [name, parameter] : parameters) {
      parameter.mutable_grad().copy_(given.at("gradient/" + std::to_string(step) + "/" + name));
    }
    update.run(step, schedule.lr_at(step));
  }
  for (const auto& named : update.state()) {
    if (named.name.starts_with(checkpoint::kAveragePrefix)) parameters.push_back(named);
  }
  checkpoint::save_safetensors(posix_file_system(), out, parameters, {});
  return 0;
}

int print_schedule(std::uint64_t steps_per_epoch, const train::RunSettings& settings) {
  const auto length = train::plan_run_length(steps_per_epoch, settings.train.epochs, settings.train.steps.value_or(0));
  const double peak = train::plan_peak_lr(settings.optimizer.lr, settings.lr_scaling, settings.train.batch);
  const train::Schedule schedule(settings.schedule, peak, length);
  for (std::uint64_t step = 0; step < length.total_steps; ++step) std::printf("%.17g\n", schedule.lr_at(step));
  return 0;
}

int run_scaler(std::int64_t growth_interval, const std::string& pattern) {
  const auto gradient = torch::zeros({1});
  auto parameter = torch::ones({1}).requires_grad_();
  parameter.mutable_grad() = gradient;
  train::LossScaler scaler({.growth_interval = growth_interval}, torch::kCPU);
  const auto optimizer = train::make_optimizer({.lr = 0.125, .momentum = 0, .weight_decay = 0}, {{"w", parameter}});
  auto found_inf = torch::zeros({1});
  for (const char letter : pattern) {
    const double scale = scaler.scale().item<double>();
    gradient.fill_(letter == 'x' ? INFINITY : scale);
    found_inf.zero_();
    scaler.unscale({gradient}, found_inf);
    optimizer->step(0.125, found_inf);
    scaler.update(found_inf);
    std::printf("%.17g %d %.17g\n", scale, scaler.growth_tracker().item<int>(), parameter.item<double>());
  }
  return 0;
}

int run_probe(const std::vector<std::string>& words) {
  const std::string& mode = words.at(0);
  const auto flags_from = [&](std::ptrdiff_t first) {
    return read_settings(std::vector<std::string>(words.begin() + first, words.end()));
  };
  if (mode == "update") return run_update(words.at(1), words.at(2), flags_from(3));
  if (mode == "schedule") return print_schedule(std::stoull(words.at(1)), flags_from(2));
  if (mode == "scaler") return run_scaler(std::stoll(words.at(1)), words.at(2));
  throw Error(Fault::usage, "no mode " + mode);
}

}  // namespace
}  // namespace hpctrain

int main(int argc, char** argv) {
  try {
    return hpctrain::run_probe(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "training_probe: %s\n", error.what());
    return hpctrain::exit_code(hpctrain::Fault::bug);
  }
}
