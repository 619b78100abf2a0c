// The records of a micro-batch as tasks get them: all fields on the host, and their bytes once more where the device
// computes.
#pragma once

#include <torch/types.h>

#include <vector>

#include "data/loader.hpp"

namespace hpctrain::tasks {

/// Valid as long as the rows that it was made from, and what the device has of them.
struct DeviceRecords {
  const data::MicroBatch& host;
  std::vector<torch::Tensor> fields;  ///< per delivered field: [count · row_bytes] u8
  torch::Device device = torch::kCPU;
  /// As many records of another draw, for tasks that mix samples; null: none.
  const DeviceRecords* partners = nullptr;

  std::int64_t count() const { return static_cast<std::int64_t>(host.count); }
};

/// blocks  no; on a GPU the rows must stay until device::wait_for_uploads()
/// cost    no copy at all on the CPU
DeviceRecords upload_records(const data::MicroBatch& records, const torch::Device& device);

}  // namespace hpctrain::tasks
