#include "train/replica_check.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include "checkpoint/tensor_format.hpp"
#include "comm/dissent.hpp"
#include "core/digest.hpp"

namespace hpctrain::train {
namespace {

using checkpoint::NamedTensor;
using checkpoint::TrainingState;

std::vector<const NamedTensor*> all_tensors(const TrainingState& state) {
  std::vector<const NamedTensor*> tensors;
  for (const auto* group : {&state.parameters, &state.optimizer, &state.buffers}) {
    for (const NamedTensor& named : *group) tensors.push_back(&named);
  }
  return tensors;
}

/// Of the bits in the order of memory, which is the same on all ranks: reordering channels would cost more than
/// hashing.
std::uint64_t digest_of(const torch::Tensor& tensor) {
  const torch::NoGradGuard no_grad;
  const bool is_solid = tensor.is_non_overlapping_and_dense();
  const auto flat = is_solid ? tensor.detach().as_strided({tensor.numel()}, {1}) : tensor.detach();
  return xxh3_64(checkpoint::tensor_bytes(checkpoint::host_row_major(flat)));
}

/// Name of the first tensor that not all ranks have alike.
std::string first_difference(const TrainingState& state, const std::vector<std::vector<std::uint64_t>>& by_rank) {
  const auto tensors = all_tensors(state);
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    for (const auto& digests : by_rank) {
      if (digests.at(t) != by_rank.front().at(t)) return tensors[t]->name;
    }
  }
  return "no tensor";
}

/// Every rank's digests, in rank order.   (collective)
std::vector<std::vector<std::uint64_t>> gather_digests(comm::Communicator& group,
                                                       const std::vector<std::uint64_t>& mine) {
  const auto ranks = static_cast<std::size_t>(group.size());
  std::vector<std::uint64_t> all(mine.size() * ranks);
  group.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)));
  std::vector<std::vector<std::uint64_t>> by_rank;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(rank * mine.size());
    by_rank.emplace_back(first, first + static_cast<std::ptrdiff_t>(mine.size()));
  }
  return by_rank;
}

}  // namespace

std::vector<std::uint64_t> replica_digests(const TrainingState& state) {
  std::vector<std::uint64_t> digests;
  for (const NamedTensor* named : all_tensors(state)) digests.push_back(digest_of(named->tensor));
  return digests;
}

std::vector<comm::Fact> replica_facts(const TrainingState& state) {
  std::vector<comm::Fact> facts;
  const auto digests = replica_digests(state);
  for (const NamedTensor* named : all_tensors(state)) {
    facts.push_back({"digest of " + named->name, fmt::format("{:016x}", digests[facts.size()])});
  }
  return facts;
}

void require_equal_replicas(comm::Communicator& group, const TrainingState& state, std::uint64_t step) {
  const auto mine = replica_digests(state);
  const auto dissent = comm::find_dissent(group, xxh3_64(std::as_bytes(std::span(mine))));
  if (!dissent) return;
  throw Error(Fault::bug,
              fmt::format("{} after step {}, first in {}; memory of that machine was damaged, or this is a defect of "
                          "hpctrain. Checkpoints hold earlier steps: the same command continues from them, without "
                          "that machine if it happens again",
                          dissent->describe("parameters"), step, first_difference(state, gather_digests(group, mine))))
      .as_agreed();
}

}  // namespace hpctrain::train
