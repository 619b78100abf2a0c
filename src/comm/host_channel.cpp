// Gradients that lie in host memory take the same road as everything else.
#include "comm/gradient_channel.hpp"

namespace hpctrain::comm {

namespace {

class HostChannel final : public GradientChannel {
 public:
  explicit HostChannel(Communicator& group) : group_(group) {}

  std::unique_ptr<PendingCollective> start_all_reduce(Span span, ReduceOp op, void* /*compute_stream*/) override {
    return group_.start_all_reduce(span, op);
  }
  std::string_view name() const noexcept override { return "host"; }

 private:
  Communicator& group_;
};

}  // namespace

std::unique_ptr<GradientChannel> make_host_channel(Communicator& group) {
  return std::make_unique<HostChannel>(group);
}

}  // namespace hpctrain::comm
