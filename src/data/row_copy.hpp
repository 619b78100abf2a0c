// Copies of many rows that lie anywhere in memory into one column of a slot, each byte once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hpctrain::data {

/// Copies row i from sources[i] to destination + i · row_bytes; null sources are left out.
///   returns  the number of rows; less when row of that number lies behind the end of its file
///   cost     as memory: rows ahead are fetched while one is copied
std::size_t copy_rows(std::span<const std::byte* const> sources, std::uint64_t row_bytes, std::byte* destination);

}  // namespace hpctrain::data
