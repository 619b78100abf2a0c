#include "tools/bench_comm.hpp"

#include <torch/utils.h>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "device/device.hpp"
#include "tools/median.hpp"
#include "train/device_channel.hpp"

namespace hpctrain::tools {
namespace {

/// Small integers, other ones on each rank: their sums are exact in float32.
torch::Tensor make_values(std::int64_t elements, int rank, const torch::Device& device) {
  return torch::arange(elements, torch::TensorOptions().dtype(torch::kFloat32).device(device)).remainder_(1024) + rank;
}

/// Sums over one tensor of the channel, again and again.
class SumBench {
 public:
  SumBench(comm::Communicator& group, comm::GradientChannel& channel, std::uint64_t bytes, const torch::Device& device)
      : group_(group),
        channel_(channel),
        device_(device),
        values_(make_values(static_cast<std::int64_t>(bytes / sizeof(float)), group.rank(), device)),
        summed_(train::make_channel_tensor(channel, values_.numel(), values_.options())) {}

  double time_sum() {
    summed_.copy_(values_);
    const double seconds = time_together([this] {
      const comm::Span span{summed_.data_ptr(), static_cast<std::size_t>(summed_.numel()), comm::ElementType::f32};
      channel_.start_all_reduce(span, comm::ReduceOp::sum, device::compute_stream(device_))->wait();
    });
    require_exact();
    return seconds;
  }

  double time_copy() {
    return time_together([this] { summed_.copy_(values_); });
  }

 private:
  template <typename Work>
  double time_together(Work work) {
    device::wait_for_uploads(device_);
    group_.barrier();
    const Stopwatch watch;
    work();
    device::wait_for_uploads(device_);
    return watch.seconds();
  }

  void require_exact() const {
    const int ranks = group_.size();
    // Rank r added r to each element.
    const auto expected = (values_ - group_.rank()) * ranks + ranks * (ranks - 1) / 2;
    require_invariant(summed_.equal(expected), "sums of small integers are exact");
  }

  comm::Communicator& group_;
  comm::GradientChannel& channel_;
  torch::Device device_;
  torch::Tensor values_;  ///< [elements] float32: this rank's
  torch::Tensor summed_;
};

SumReport measure_sums(comm::Communicator& group, comm::GradientChannel& channel, std::uint64_t bytes,
                       const torch::Device& device, int rounds) {
  SumBench bench(group, channel, bytes, device);
  bench.time_sum();  // pages are mapped, roads are opened
  std::vector<double> sums, copies;
  for (int round = 0; round < rounds; ++round) {
    sums.push_back(bench.time_sum());
    copies.push_back(bench.time_copy());
  }
  for (auto* seconds : {&sums, &copies}) {
    group.all_reduce({seconds->data(), seconds->size(), comm::ElementType::f64}, comm::ReduceOp::max);
  }
  return {bytes, median(sums), median(copies)};
}

}  // namespace

CommBenchReport run_comm_bench(comm::Communicator& group, const torch::Device& device,
                               const CommBenchSettings& settings) {
  CommBenchReport report;
  report.ranks = group.size();
  for (const std::uint64_t bytes : settings.sizes_bytes) {
    // One for each size: a channel keeps its memory as long as it lives.
    const auto channel = train::make_device_channel(group, device);
    report.sums.push_back(measure_sums(group, *channel, bytes, device, settings.rounds));
    report.road = channel->name();
  }
  return report;
}

}  // namespace hpctrain::tools
