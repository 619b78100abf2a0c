// Gradients that lie in host memory: in memory that the ranks of a node share, where they are all on one, else on the
// same road as everything else.
#include <span>
#include <utility>
#include <vector>

#include "comm/gradient_channel.hpp"
#include "comm/shared_reduction.hpp"

namespace hpctrain::comm {

namespace {

/// A group of one has nothing to add.
class Finished final : public PendingCollective {
 public:
  bool test() override { return true; }
  void wait() override {}
};

class SharedSum final : public PendingCollective {
 public:
  SharedSum(std::shared_ptr<SharedReduction> reduction, const Span& span)
      : reduction_(std::move(reduction)), sum_(reduction_->start(span)) {}
  bool test() override { return reduction_->help(sum_); }
  void wait() override { reduction_->wait(sum_); }

 private:
  std::shared_ptr<SharedReduction> reduction_;
  std::uint64_t sum_;
};

class HostChannel final : public GradientChannel {
 public:
  explicit HostChannel(Communicator& group) : group_(group) {}

  std::shared_ptr<std::byte> make_memory(std::size_t bytes) override {
    if (group_.size() == 1) return nullptr;
    std::shared_ptr<SharedReduction> shared = SharedReduction::make(group_, bytes);
    if (!shared) return nullptr;
    shared_.push_back(shared);
    return {shared, shared->memory()};
  }

  std::unique_ptr<PendingCollective> start_all_reduce(Span span, ReduceOp op, void* /*compute_stream*/) override {
    if (group_.size() == 1) return std::make_unique<Finished>();
    for (const auto& shared : shared_) {
      if (shared->can_reduce(span, op)) return std::make_unique<SharedSum>(shared, span);
    }
    return group_.start_all_reduce(span, op);
  }

  std::unique_ptr<PendingCollective> start_all_gather(Span span, void* /*compute_stream*/) override {
    const std::span all(static_cast<std::byte*>(span.data), span.bytes());
    const std::size_t block = own_block_bytes(span, group_.size());
    if (group_.size() > 1) group_.all_gather(all.subspan(block * static_cast<std::size_t>(group_.rank()), block), all);
    return std::make_unique<Finished>();
  }

  std::string_view name() const noexcept override { return shared_.empty() ? "host" : "shared memory"; }

 private:
  Communicator& group_;
  std::vector<std::shared_ptr<SharedReduction>> shared_;
};

}  // namespace

std::size_t own_block_bytes(const Span& span, int ranks) {
  require_invariant(span.count % static_cast<std::size_t>(ranks) == 0, "all-gather: every rank has an equal block");
  return span.bytes() / static_cast<std::size_t>(ranks);
}

std::unique_ptr<GradientChannel> make_host_channel(Communicator& group) {
  return std::make_unique<HostChannel>(group);
}

}  // namespace hpctrain::comm
