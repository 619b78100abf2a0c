#include "pack/colour_planes.hpp"

#include "core/error.hpp"

namespace hpctrain::pack {

void interleave_planes(std::span<const std::byte> planes, std::uint64_t side, PlaneOrder order,
                       std::span<std::byte> pixels) {
  constexpr std::uint64_t kPlanes = 3;
  require_invariant(planes.size() == side * side * kPlanes && pixels.size() == planes.size(),
                    "a picture of planes has three of them");
  const std::uint64_t down = order == PlaneOrder::by_rows ? side : 1;
  const std::uint64_t across = order == PlaneOrder::by_rows ? 1 : side;
  std::byte* out = pixels.data();
  for (std::uint64_t y = 0; y < side; ++y) {
    for (std::uint64_t x = 0; x < side; ++x) {
      for (std::uint64_t c = 0; c < kPlanes; ++c) *out++ = planes[c * side * side + y * down + x * across];
    }
  }
}

}  // namespace hpctrain::pack
