#include "device/upload_pipeline.hpp"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/utils.h>

#include "core/error.hpp"
#include "core/integer_division.hpp"
#include "device/device.hpp"

namespace hpctrain::device {
namespace {

/// Where columns may be seen as elements of any type.
constexpr std::int64_t kColumnAlignment = 256;

std::int64_t room_for(std::span<const std::byte> column) {
  return round_up(static_cast<std::int64_t>(column.size()), kColumnAlignment);
}

torch::Tensor host_view(std::span<const std::byte> column) {
  return upload(column.data(), {static_cast<std::int64_t>(column.size())}, torch::kUInt8, torch::kCPU);
}

}  // namespace

UploadPipeline::UploadPipeline(const torch::Device& device) : device_(device) {
  if (device_.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard(device_.type());
  copy_stream_ = guard.getStreamFromGlobalPool(device_);
  for (auto& buffer : buffers_) {
    buffer.copied.emplace(device_.type());
    buffer.given_up.emplace(device_.type());
  }
}

UploadPipeline::~UploadPipeline() {
  if (device_.is_cpu()) return;
  // Host memory goes away after this, and the buffers' memory to other work.
  const c10::impl::VirtualGuardImpl guard(device_.type());
  guard.synchronizeStream(*copy_stream_);
  guard.synchronizeStream(guard.getStream(device_));
}

void UploadPipeline::start(const HostColumns& host) {
  require_invariant(started_ < handed_out_ + 2, "a third batch on its way to two buffers");
  Buffer& buffer = buffers_[started_ % 2];
  ++started_;
  if (!device_.is_cpu()) return copy(host, buffer);
  buffer.columns.clear();
  for (const auto& column : host) buffer.columns.push_back(host_view(column));
}

void UploadPipeline::copy(const HostColumns& host, Buffer& buffer) {
  std::int64_t bytes = 0;
  for (const auto& column : host) bytes += room_for(column);
  make_room(buffer, bytes).columns.clear();
  const c10::StreamGuard on_copy_stream(*copy_stream_);
  buffer.given_up->block(*copy_stream_);
  std::int64_t place = 0;
  for (const auto& column : host) {
    const auto target = buffer.bytes.narrow(0, place, static_cast<std::int64_t>(column.size()));
    target.copy_(host_view(column), /*non_blocking=*/true);
    buffer.columns.push_back(target);
    place += room_for(column);
  }
  buffer.copied->record(*copy_stream_);
}

UploadPipeline::Buffer& UploadPipeline::make_room(Buffer& buffer, std::int64_t bytes) {
  if (buffer.bytes.defined() && buffer.bytes.numel() >= bytes) return buffer;
  // The old memory may still be read, and the new one may still be written by work of the compute stream.
  const c10::impl::VirtualGuardImpl guard(device_.type());
  guard.synchronizeStream(guard.getStream(device_));
  buffer.bytes = torch::empty({bytes}, torch::TensorOptions().dtype(torch::kUInt8).device(device_));
  return buffer;
}

std::vector<torch::Tensor> UploadPipeline::wait() {
  require_invariant(handed_out_ < started_, "no batch is on its way to the device");
  Buffer& buffer = buffers_[handed_out_ % 2];
  if (!device_.is_cpu()) {
    const c10::impl::VirtualGuardImpl guard(device_.type());
    const auto compute = guard.getStream(device_);
    if (handed_out_ > 0) buffers_[(handed_out_ - 1) % 2].given_up->record(compute);
    buffer.copied->block(compute);
  }
  ++handed_out_;
  return buffer.columns;
}

void UploadPipeline::wait_until_read() {
  if (device_.is_cpu() || handed_out_ == 0) return;
  buffers_[(handed_out_ - 1) % 2].copied->synchronize();
}

}  // namespace hpctrain::device
