#include "train/histograms.hpp"

#include <torch/utils.h>

#include <cmath>

namespace hpctrain::train {
namespace {

constexpr std::int64_t kParts = 30;

/// Rows of equal length on the host, float64; one transfer.
torch::Tensor gather_rows(const std::vector<torch::Tensor>& rows) {
  return torch::stack(rows).to(torch::kFloat64).cpu().contiguous();
}

}  // namespace

std::vector<monitor::Histogram> measure_histograms(const std::vector<checkpoint::NamedTensor>& parameters) {
  const torch::NoGradGuard no_grad;
  std::vector<checkpoint::NamedTensor> all;
  std::vector<torch::Tensor> rows;
  for (const auto& [name, tensor] : parameters) {
    if (tensor.numel() == 0) continue;
    all.push_back({"weights/" + name, tensor.detach()});
    if (tensor.grad().defined()) all.push_back({"gradients/" + name, tensor.grad().detach()});
  }
  if (all.empty()) return {};
  for (const auto& [name, values] : all) {
    // Without copies: where memory is short they would be the most that is held.
    rows.push_back(torch::stack({values.min(), values.max(), values.sum(), values.norm().square()}));
  }
  const torch::Tensor extents = gather_rows(rows);
  rows.clear();
  std::vector<monitor::Histogram> histograms;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double* facts = extents.data_ptr<double>() + 4 * i;
    if (!std::isfinite(facts[2]) || !std::isfinite(facts[3])) continue;
    monitor::Histogram histogram{.tag = all[i].name,
                                 .least = facts[0],
                                 .most = facts[1],
                                 .count = static_cast<double>(all[i].tensor.numel()),
                                 .sum = facts[2],
                                 .sum_of_squares = facts[3]};
    // Equal values need a part to lie in.
    if (!(histogram.most > histogram.least)) histogram.most = histogram.least + 1e-6 + std::abs(histogram.least) * 1e-3;
    rows.push_back(torch::histc(all[i].tensor, kParts, histogram.least, histogram.most));
    histograms.push_back(std::move(histogram));
  }
  if (histograms.empty()) return {};
  const torch::Tensor counts = gather_rows(rows);
  for (std::size_t i = 0; i < histograms.size(); ++i) {
    const double* row = counts.data_ptr<double>() + kParts * static_cast<std::int64_t>(i);
    histograms[i].counts.assign(row, row + kParts);
  }
  return histograms;
}

}  // namespace hpctrain::train
