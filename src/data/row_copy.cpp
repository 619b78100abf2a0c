// The hot path of the loader.
#include "data/row_copy.hpp"

#include <algorithm>
#include <cstring>

#include "data/bus_error_guard.hpp"
#include "data/long_row_copy.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kCacheLineBytes = 64;
constexpr std::uint64_t kShortRowBytes = 2048;  // up to this, one request for a whole row costs least
constexpr std::uint64_t kShortBytesAhead = 8192;
constexpr std::uint64_t kMostShortRowsAhead = 16;

void copy_words(void* argument) {
  auto* copying = static_cast<RowCopying*>(argument);
  const std::span sources = copying->sources;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] == nullptr) continue;
    copying->at = i;
    std::memcpy(copying->destination + i * sizeof(std::uint64_t), sources[i], sizeof(std::uint64_t));
  }
}

void copy_short(void* argument) {
  auto* copying = static_cast<RowCopying*>(argument);
  const std::span sources = copying->sources;
  const std::uint64_t row_bytes = copying->row_bytes;
  const std::size_t ahead = std::min(kShortBytesAhead / row_bytes, kMostShortRowsAhead);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::byte* due = i + ahead < sources.size() ? sources[i + ahead] : nullptr;
    for (std::uint64_t at = 0; due != nullptr && at < row_bytes; at += kCacheLineBytes) __builtin_prefetch(due + at);
    if (sources[i] == nullptr) continue;
    copying->at = i;
    std::memcpy(copying->destination + i * row_bytes, sources[i], row_bytes);
  }
}

RowCopyFunction copy_for(std::uint64_t row_bytes) {
  static const RowCopyFunction kLong = long_row_copies().front();
  if (row_bytes == sizeof(std::uint64_t)) return copy_words;
  return row_bytes <= kShortRowBytes ? copy_short : kLong;
}

}  // namespace

std::size_t copy_rows(std::span<const std::byte* const> sources, std::uint64_t row_bytes, std::byte* destination) {
  RowCopying copying{sources, row_bytes, destination, 0};
  return run_guarded(copy_for(row_bytes), &copying) ? sources.size() : copying.at;
}

}  // namespace hpctrain::data
