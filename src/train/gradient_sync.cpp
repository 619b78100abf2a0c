#include "train/gradient_sync.hpp"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/utils.h>

#include "device/device.hpp"

namespace hpctrain::train {
namespace {

/// Autograd calls it when it has added a parameter's gradient.
class ReadyHook final : public torch::autograd::PostAccumulateGradHook {
 public:
  ReadyHook(GradientSync& sync, std::size_t parameter) : sync_(sync), parameter_(parameter) {}
  void operator()(const torch::autograd::Variable& /*tensor*/) override { sync_.note_ready(parameter_); }

 private:
  GradientSync& sync_;
  std::size_t parameter_;
};

}  // namespace

GradientSync::GradientSync(const Parts& parts, const std::vector<checkpoint::NamedTensor>& parameters)
    : parts_(parts), bucket_of_(parameters.size()) {
  const auto& buckets = parts_.buckets.plan().buckets;
  for (std::size_t b = 0; b < buckets.size(); ++b) {
    for (const auto& entry : buckets[b].entries) bucket_of_[entry.parameter] = b;
  }
  for (const auto& parameter : parameters) {
    torch::autograd::impl::set_post_acc_grad_hooks(parameter.tensor,
                                                   std::make_unique<ReadyHook>(*this, parameters_.size()));
    parameters_.push_back(parameter.tensor);
  }
}

GradientSync::~GradientSync() {
  for (const auto& parameter : parameters_) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

void GradientSync::start_step() {
  parts_.buckets.zero();
  parts_.statistics.clear();
  pending_.clear();
  finished_ = 0;
}

void GradientSync::start_backward(bool is_last) {
  if (!is_last) return;
  missing_.clear();
  for (const auto& bucket : parts_.buckets.plan().buckets) missing_.push_back(bucket.entries.size());
  is_launching_ = true;
}

void GradientSync::note_ready(std::size_t parameter) {
  if (!is_launching_) return;
  // On a GPU this is autograd's thread; the one that owns the clock waits for it in backward.
  const monitor::PhaseTimer timer(parts_.clock, monitor::Phase::communication);
  missing_[bucket_of_[parameter]] -= 1;
  launch_ready_buckets();
  // Nobody else moves messages forward during a long backward pass.
  while (finished_ < pending_.size() && pending_[finished_]->test()) ++finished_;
}

void GradientSync::launch_ready_buckets() {
  while (pending_.size() < missing_.size() && missing_[pending_.size()] == 0) launch_next_bucket();
}

void GradientSync::launch_next_bucket() {
  pending_.push_back(parts_.channel.start_all_reduce(parts_.buckets.span(pending_.size()), comm::ReduceOp::sum,
                                                     device::compute_stream(parts_.device)));
}

bool GradientSync::wait(bool is_whole) {
  is_launching_ = false;
  parts_.wholeness.start(is_whole);
  while (pending_.size() < parts_.buckets.plan().buckets.size()) launch_next_bucket();
  for (auto& reduction : pending_) reduction->wait();
  return parts_.wholeness.wait();
}

}  // namespace hpctrain::train
