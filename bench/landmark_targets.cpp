// Milliseconds for the Gaussian targets of one film, 19 maps of 512×512, on CPU threads: ours, beside the same maps
// made from whole grids of distances (how tutorials do it), and beside the ceiling, filling the same memory with a
// constant.
//   landmark_targets [THREADS [REPEATS]]
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "tasks/heatmaps.hpp"

namespace {

constexpr std::int64_t kLandmarks = 19, kSide = 512;
constexpr double kSigma = 10;

double median_ms(int repeats, const std::function<void()>& work) {
  std::vector<double> times;
  work();
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
  return times[static_cast<std::size_t>(repeats) / 2];
}

torch::Tensor whole_grids(const torch::Tensor& points) {
  const auto x = torch::arange(kSide).view({1, -1}), y = torch::arange(kSide).view({-1, 1});
  std::vector<torch::Tensor> maps;
  for (std::int64_t k = 0; k < kLandmarks; ++k) {
    const auto dx = x - points[0][k][0], dy = y - points[0][k][1];
    maps.push_back((-(dx.square() + dy.square()) / (2 * kSigma * kSigma)).exp());
  }
  return torch::stack(maps).unsqueeze(0);
}

}  // namespace

int main(int argc, char** argv) {
  torch::NoGradGuard no_grad;
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1, repeats = argc > 2 ? std::atoi(argv[2]) : 101;
  at::set_num_threads(threads);
  const auto points = torch::rand({1, kLandmarks, 2}) * kSide;
  auto maps = torch::empty({1, kLandmarks, kSide, kSide});
  hpctrain::tasks::fill_gaussian_heatmaps(points, kSigma, maps);
  if (!torch::allclose(maps, whole_grids(points), 0, 1e-5)) {
    std::fputs("landmark_targets: both ways must give the same maps\n", stderr);
    return 1;
  }
  std::printf("19 maps of 512x512, %d thread(s), median of %d\n", threads, repeats);
  std::printf("  new tensor            %7.2f ms\n",
              median_ms(repeats, [&] { hpctrain::tasks::gaussian_heatmaps(points, kSigma, kSide, kSide); }));
  std::printf("  into the same tensor  %7.2f ms\n",
              median_ms(repeats, [&] { hpctrain::tasks::fill_gaussian_heatmaps(points, kSigma, maps); }));
  std::printf("  whole grids           %7.2f ms\n", median_ms(repeats, [&] { whole_grids(points); }));
  std::printf("  ceiling: fill memory  %7.2f ms\n", median_ms(repeats, [&] { maps.fill_(1); }));
  return 0;
}
