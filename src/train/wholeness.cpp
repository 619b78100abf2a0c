#include "train/wholeness.hpp"

namespace hpctrain::train {
namespace {

constexpr std::uint32_t kIsLacking = 1;

}  // namespace

Wholeness::Wholeness(comm::Communicator& group) : group_(group.split(0, group.rank())), agreement_(*group_) {}

void Wholeness::start(bool is_whole) {
  is_whole_ = is_whole;
  if (group_->size() > 1) agreement_.start(is_whole ? 0 : kIsLacking);
}

bool Wholeness::wait() {
  return group_->size() > 1 ? agreement_.wait() == 0 : is_whole_;
}

std::uint64_t Wholeness::least(std::uint64_t mine) {
  group_->all_reduce({&mine, 1, comm::ElementType::u64}, comm::ReduceOp::min);
  return mine;
}

}  // namespace hpctrain::train
