#include "train/nvtx_ranges.hpp"

#include <fmt/format.h>
#include <torch/csrc/profiler/stubs/base.h>

#include <string>

namespace hpctrain::train {
namespace {

const torch::profiler::impl::ProfilerStubs& nvtx() {
  return *torch::profiler::impl::cudaStubs();
}

void push(monitor::Phase phase) {
  nvtx().rangePush(std::string(monitor::phase_name(phase)).c_str());
}

}  // namespace

NvtxRanges::NvtxRanges(monitor::StepClock& clock) : clock_(clock), is_on_(nvtx().enabled()) {
  if (!is_on_) return;
  push(clock_.phase());
  clock_.tell(*this);
}

NvtxRanges::~NvtxRanges() {
  if (!is_on_) return;
  clock_.tell_no_more(*this);
  nvtx().rangePop();
}

void NvtxRanges::note(monitor::Phase /*phase*/, double /*begin_seconds*/, double /*end_seconds*/) {
  if (std::this_thread::get_id() == thread_) nvtx().rangePop();
}

void NvtxRanges::enter(monitor::Phase phase) {
  if (std::this_thread::get_id() == thread_) push(phase);
}

void NvtxRanges::finish_step(std::uint64_t step) const {
  if (is_on_) nvtx().mark(fmt::format("step {} made", step).c_str());
}

}  // namespace hpctrain::train
