// Pictures whose red, green and blue lie one after the other, as CIFAR and STL-10 store them. Knows no file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hpctrain::pack {

/// How the pixels of one plane follow each other.
enum class PlaneOrder { by_rows, by_columns };

/// `planes` holds red, green and blue of a square picture with sides of `side` pixels; `pixels` becomes [side, side,
/// 3].
void interleave_planes(std::span<const std::byte> planes, std::uint64_t side, PlaneOrder order,
                       std::span<std::byte> pixels);

}  // namespace hpctrain::pack
