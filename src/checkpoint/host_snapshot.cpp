// Device to host through torch's device-neutral streams and events, so the same file serves builds without CUDA.
#include "checkpoint/host_snapshot.hpp"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/utils.h>

#include <array>

#include "core/error.hpp"

namespace hpctrain::checkpoint {
namespace {

constexpr std::array kGroups = {&TrainingState::parameters, &TrainingState::optimizer, &TrainingState::buffers};

std::optional<c10::Device> find_gpu(const TrainingState& state) {
  for (const auto group : kGroups) {
    for (const NamedTensor& named : state.*group) {
      if (!named.tensor.device().is_cpu()) return named.tensor.device();
    }
  }
  return std::nullopt;
}

}  // namespace

HostSnapshot::HostSnapshot(const TrainingState& like) : gpu_(find_gpu(like)) {
  for (const auto group : kGroups) {
    for (const NamedTensor& named : like.*group) {
      const auto options = at::TensorOptions().dtype(named.tensor.scalar_type()).pinned_memory(gpu_.has_value());
      (slab_.*group).push_back({named.name, at::empty(named.tensor.sizes(), options)});
    }
  }
}

void HostSnapshot::start_copy(const TrainingState& state) {
  if (!gpu_) return copy_all(state, false);
  const c10::impl::VirtualGuardImpl guard(gpu_->type());
  const c10::Stream compute = guard.getStream(*gpu_);
  const c10::Stream side = guard.getStreamFromGlobalPool(*gpu_);
  c10::Event is_computed(gpu_->type());
  is_computed.record(compute);
  is_computed.block(side);
  {
    const c10::StreamGuard on_side(side);
    copy_all(state, true);
  }
  is_copied_.emplace(gpu_->type());
  is_copied_->record(side);
  // The next update overwrites what is being copied.
  is_copied_->block(compute);
}

void HostSnapshot::wait() {
  if (is_copied_) is_copied_->synchronize();
}

void HostSnapshot::copy_all(const TrainingState& state, bool is_asynchronous) {
  const at::NoGradGuard no_grad;
  for (const auto group : kGroups) {
    const auto& from = state.*group;
    auto& to = slab_.*group;
    require_invariant(from.size() == to.size(), "a snapshot takes the state it was made for");
    for (std::size_t i = 0; i < from.size(); ++i) {
      require_invariant(from[i].name == to[i].name, "a snapshot takes the state it was made for");
      to[i].tensor.copy_(from[i].tensor, is_asynchronous);
    }
  }
}

}  // namespace hpctrain::checkpoint
