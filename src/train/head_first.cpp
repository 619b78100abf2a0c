#include "train/head_first.hpp"

#include <string>

namespace hpctrain::train {

bool is_of_head(std::string_view tensor, std::string_view head) {
  return tensor.starts_with(std::string(head) + ".");
}

HeadFirst::HeadFirst(const std::vector<checkpoint::NamedTensor>& parameters, std::string_view head, std::uint64_t steps)
    : steps_(steps) {
  for (const auto& [name, tensor] : parameters) {
    if (!is_of_head(name, head)) rest_.push_back(tensor);
  }
}

void HeadFirst::begin_step(std::uint64_t step) {
  const bool learns = at(step) == Learning::everything;
  for (auto& parameter : rest_) parameter.set_requires_grad(learns);
}

}  // namespace hpctrain::train
