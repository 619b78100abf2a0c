// The suite of all gradient channels over NCCL: ranks are threads with a GPU each, as many as the node has up to four.
#include "support/gradient_channel_suite.hpp"

#include <torch/utils.h>

#include "comm/thread_communicator.hpp"
#include "device/device.hpp"

namespace hpctrain::comm {
namespace {

/// Gradients in the memory of one GPU.
class NcclEnd final : public suite::ChannelEnd {
 public:
  explicit NcclEnd(Communicator& group)
      : group_(group), device_(device::make_device(group.rank())), channel_(make_nccl_channel(group, group.rank())) {}
  /// The channel abandons what is under way.
  ~NcclEnd() override { device::wait_for_uploads(device_); }

  Communicator& group() override { return group_; }
  GradientChannel& channel() override { return *channel_; }
  void* place(std::span<const std::byte> bytes) override {
    const auto host =
        device::upload(bytes.data(), {static_cast<std::int64_t>(bytes.size())}, torch::kUInt8, torch::kCPU);
    return placed_.emplace_back(host.to(device_)).data_ptr();
  }
  std::vector<std::byte> look(const Span& span) override {
    for (const auto& placed : placed_) {
      if (placed.data_ptr() != span.data) continue;
      const auto host = placed.cpu();
      const auto* start = static_cast<const std::byte*>(host.data_ptr());
      return {start, start + host.nbytes()};
    }
    ADD_FAILURE() << "nothing was placed there";
    return {};
  }
  void* compute_stream() override { return device::compute_stream(device_); }

 private:
  Communicator& group_;
  torch::Device device_;
  std::unique_ptr<GradientChannel> channel_;
  std::deque<torch::Tensor> placed_;
};

class NcclChannel : public testing::TestWithParam<std::tuple<int, suite::ChannelBehaviour>> {};

TEST_P(NcclChannel, Behaves) {
  const auto& [ranks, behaviour] = GetParam();
  if (device::count_visible_gpus() < ranks) GTEST_SKIP() << "no device";
  run_ranks(ranks, [&](Communicator& group) {
    NcclEnd end(group);
    behaviour.check(end);
    group.barrier();  // nobody gives its end up while another still adds
  });
}

INSTANTIATE_TEST_SUITE_P(GradientChannel, NcclChannel,
                         testing::Combine(testing::Values(1, 2, 4), testing::ValuesIn(suite::all_channel_behaviours())),
                         [](const auto& parameter) {
                           return std::string(std::get<1>(parameter.param).name) + "On" +
                                  std::to_string(std::get<0>(parameter.param));
                         });

}  // namespace
}  // namespace hpctrain::comm
