#include "train/phase_memory.hpp"

#include <algorithm>
#include <iterator>

#include "device/tensor_memory.hpp"

namespace hpctrain::train {

using monitor::Phase;

Phase PhasePeaks::greatest() const noexcept {
  return static_cast<Phase>(std::distance(bytes.begin(), std::max_element(bytes.begin(), bytes.end())));
}

PhaseMemory::PhaseMemory(const torch::Device& device) : device_(device) {
  device::restart_memory_peak(device_);
}

void PhaseMemory::enter(Phase phase) {
  book();
  device::restart_memory_peak(device_);
  phase_ = phase;
}

void PhaseMemory::begin_anew() {
  peaks_ = {};
  phase_ = Phase::start;
  device::restart_memory_peak(device_);
}

const PhasePeaks& PhaseMemory::peaks() {
  book();
  return peaks_;
}

void PhaseMemory::book() {
  peaks_[phase_] = std::max(peaks_[phase_], device::read_memory_use(device_).peak_allocated_bytes);
}

}  // namespace hpctrain::train
