#include "tasks/device_records.hpp"

#include "device/device.hpp"

namespace hpctrain::tasks {

DeviceRecords upload_records(const data::MicroBatch& records, const torch::Device& device) {
  DeviceRecords uploaded{.host = records, .fields = {}, .device = device};
  for (const auto& row : records.rows) {
    uploaded.fields.push_back(
        device::upload(row.data(), {static_cast<std::int64_t>(row.size())}, torch::kUInt8, device));
  }
  return uploaded;
}

}  // namespace hpctrain::tasks
