#include "train/statistics_over_ranks.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "device/device.hpp"
#include "train/device_channel.hpp"

namespace hpctrain::train {

StatisticsOverRanks::StatisticsOverRanks(comm::Communicator& group, const torch::Device& device)
    : device_(device), group_(group.split(0, group.rank())), channel_(make_device_channel(*group_, device)) {}

void StatisticsOverRanks::add_over_ranks(const torch::Tensor& sums) {
  require_invariant(sums.is_contiguous() && sums.scalar_type() == torch::kFloat64, "statistics are dense float64");
  const comm::Span span{sums.data_ptr(), static_cast<std::size_t>(sums.numel()), comm::ElementType::f64};
  channel_->start_all_reduce(span, comm::ReduceOp::sum, device::compute_stream(device_))->wait();
}

}  // namespace hpctrain::train
