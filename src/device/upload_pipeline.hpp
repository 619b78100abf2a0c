// Batches on their way to the device: the copy of the next one runs on a stream of its own while the device computes on
// the one before. Knows no loader; on the CPU nothing is copied at all.
#pragma once

#include <c10/core/Event.h>
#include <torch/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace hpctrain::device {

/// The columns of one batch, as host memory.
using HostColumns = std::vector<std::span<const std::byte>>;

class UploadPipeline {
 public:
  explicit UploadPipeline(const torch::Device& device);
  ~UploadPipeline();
  UploadPipeline(const UploadPipeline&) = delete;
  UploadPipeline& operator=(const UploadPipeline&) = delete;

  /// Begins to copy a batch; at most one beside the one that wait() returned last. `host` must stay until
  /// wait_until_read() returns for it; pinned memory (HostBuffer) lets the copy overlap.
  ///   blocks  no, but for the first batches, which make the device's two buffers
  void start(const HostColumns& host);

  /// The oldest batch begun, for work enqueued from now on; the batch that wait() returned before is given up.
  ///   shapes  per column [bytes] u8
  ///   blocks  no; the compute stream does
  std::vector<torch::Tensor> wait();

  /// Blocks until the device has read the host columns of the batch that wait() returned last.
  void wait_until_read();

 private:
  struct Buffer {
    torch::Tensor bytes;                 // [room] u8 on the device
    std::vector<torch::Tensor> columns;  // views
    std::optional<c10::Event> copied, given_up;
  };
  void copy(const HostColumns& host, Buffer& buffer);
  Buffer& make_room(Buffer& buffer, std::int64_t bytes);

  torch::Device device_;
  std::optional<c10::Stream> copy_stream_;
  std::array<Buffer, 2> buffers_;
  std::uint64_t started_ = 0;
  std::uint64_t handed_out_ = 0;
};

}  // namespace hpctrain::device
