// One figure for "the same run": equal digests mean equal names, dtypes, shapes and bits.
#include <algorithm>

#include "checkpoint/tensor_format.hpp"
#include "checkpoint/training_state.hpp"
#include "core/digest.hpp"

namespace hpctrain::checkpoint {
namespace {

void add_number(Sha256& digest, std::uint64_t number) {
  digest.update(std::as_bytes(std::span(&number, 1)));
}

/// A zero byte ends a text, so that "ab"+"c" and "a"+"bc" differ.
void add_text(Sha256& digest, std::string_view text) {
  constexpr std::byte kEnd{0};
  digest.update(std::as_bytes(std::span(text)));
  digest.update(std::span(&kEnd, 1));
}

void add_group(Sha256& digest, const std::vector<NamedTensor>& tensors) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& named : tensors) order.push_back(&named);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->name < b->name; });

  add_number(digest, order.size());
  for (const NamedTensor* named : order) {
    add_text(digest, named->name);
    add_text(digest, dtype_text(named->tensor.scalar_type()));
    add_number(digest, static_cast<std::uint64_t>(named->tensor.dim()));
    for (const std::int64_t size : named->tensor.sizes()) add_number(digest, static_cast<std::uint64_t>(size));
    const at::Tensor host = host_row_major(named->tensor);
    digest.update(tensor_bytes(host));
  }
}

}  // namespace

std::string state_digest(const TrainingState& state) {
  Sha256 digest;
  add_group(digest, state.parameters);
  add_group(digest, state.optimizer);
  add_group(digest, state.buffers);
  return digest.hex();
}

}  // namespace hpctrain::checkpoint
