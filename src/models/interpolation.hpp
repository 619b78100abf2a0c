// Enlarging feature maps, and means over parts of them, so that gradients add up in one order on every device. Torch's
// own kernels for it are used wherever they do.
#pragma once

#include <torch/types.h>

namespace hpctrain::models {

/// In the deterministic mode torch's kernels for a GPU refuse gradients of these operations, for they add them up in
/// the order in which threads come.
bool needs_ordered_gradients(const torch::Tensor& maps);

/// As torch::upsample_bilinear2d without aligned corners.
///   shapes  maps [N, C, h, w] → [N, C, size[0], size[1]]
torch::Tensor enlarge_bilinear(const torch::Tensor& maps, at::IntArrayRef size);
/// As torch::upsample_bicubic2d without aligned corners (A = -0.75).
torch::Tensor enlarge_bicubic(const torch::Tensor& maps, at::IntArrayRef size);
/// As torch::adaptive_avg_pool2d.
///   shapes  maps [N, C, h, w] → [N, C, parts, parts]
torch::Tensor mean_of_parts(const torch::Tensor& maps, std::int64_t parts);

/// The same by gathers and slices, whose gradients have an order.
namespace ordered {
torch::Tensor enlarge_bilinear(const torch::Tensor& maps, at::IntArrayRef size);
torch::Tensor enlarge_bicubic(const torch::Tensor& maps, at::IntArrayRef size);
torch::Tensor mean_of_parts(const torch::Tensor& maps, std::int64_t parts);
}  // namespace ordered

}  // namespace hpctrain::models
