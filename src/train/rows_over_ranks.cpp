#include "train/rows_over_ranks.hpp"

#include <torch/utils.h>

#include <algorithm>
#include <array>

#include "core/error.hpp"

namespace hpctrain::train {
namespace {

/// What all ranks must know before they can make the whole; a rank without rows learns it from the others.
struct Extent {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t is_whole_numbers = 0;
};

Extent agree_on_extent(comm::Communicator& group, const Extent& mine) {
  std::array values = {mine.rows, mine.columns, mine.is_whole_numbers};
  group.all_reduce({values.data(), values.size(), comm::ElementType::i64}, comm::ReduceOp::max);
  return {values[0], values[1], values[2]};
}

}  // namespace

void RowsOverRanks::add(std::int64_t first, const torch::Tensor& rows) {
  const auto type = rows.scalar_type();
  require_invariant(type == torch::kFloat32 || type == torch::kInt64, "rows are float32 or i64");
  parts_.emplace_back(first, rows.detach().reshape({rows.size(0), -1}).cpu().clone());
}

/// Each rank writes its own into zeros, and the sum over ranks is all of them; minus zero becomes zero on any number of
/// ranks.
torch::Tensor RowsOverRanks::gather(comm::Communicator& group) const {
  Extent mine;
  for (const auto& [first, rows] : parts_) {
    mine.rows = std::max(mine.rows, first + rows.size(0));
    mine.columns = rows.size(1);
    mine.is_whole_numbers = rows.scalar_type() == torch::kInt64 ? 1 : 0;
  }
  const Extent all = agree_on_extent(group, mine);
  const bool is_whole = all.is_whole_numbers != 0;
  auto whole = torch::zeros({all.rows, all.columns}, is_whole ? torch::kInt64 : torch::kFloat32);
  for (const auto& [first, rows] : parts_) whole.narrow(0, first, rows.size(0)).copy_(rows);
  whole.add_(0);
  group.all_reduce({whole.data_ptr(), static_cast<std::size_t>(whole.numel()),
                    is_whole ? comm::ElementType::i64 : comm::ElementType::f32},
                   comm::ReduceOp::sum);
  return whole;
}

}  // namespace hpctrain::train
