// The hot path of the loader.
#include "data/row_copy.hpp"

#include <algorithm>
#include <cstring>

#include "data/bus_error_guard.hpp"

namespace hpctrain::data {
namespace {

constexpr std::size_t kCacheLineBytes = 64;
constexpr std::size_t kPrefetchedBytes = 1024;  // of one row; the processor's own prefetcher takes over from there
constexpr std::size_t kBytesAhead = 8192;

struct Copying {
  std::span<const std::byte* const> sources;
  std::uint64_t row_bytes;
  std::byte* destination;
  volatile std::size_t at;  // read after a jump out of the copy
};

void prefetch_row(const std::byte* row, std::uint64_t row_bytes) {
  for (std::size_t at = 0; at < std::min<std::uint64_t>(row_bytes, kPrefetchedBytes); at += kCacheLineBytes) {
    __builtin_prefetch(row + at);
  }
}

void copy_words(void* argument) {
  auto* copying = static_cast<Copying*>(argument);
  const std::span sources = copying->sources;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] == nullptr) continue;
    copying->at = i;
    std::memcpy(copying->destination + i * sizeof(std::uint64_t), sources[i], sizeof(std::uint64_t));
  }
}

void copy_any(void* argument) {
  auto* copying = static_cast<Copying*>(argument);
  const std::span sources = copying->sources;
  const std::uint64_t row_bytes = copying->row_bytes;
  const std::size_t ahead = std::clamp<std::size_t>(kBytesAhead / row_bytes, 1, 16);
  for (std::size_t i = 0; i < std::min(ahead, sources.size()); ++i) prefetch_row(sources[i], row_bytes);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (i + ahead < sources.size()) prefetch_row(sources[i + ahead], row_bytes);
    if (sources[i] == nullptr) continue;
    copying->at = i;
    std::memcpy(copying->destination + i * row_bytes, sources[i], row_bytes);
  }
}

}  // namespace

std::size_t copy_rows(std::span<const std::byte* const> sources, std::uint64_t row_bytes, std::byte* destination) {
  Copying copying{sources, row_bytes, destination, 0};
  const bool is_whole = run_guarded(row_bytes == sizeof(std::uint64_t) ? copy_words : copy_any, &copying);
  return is_whole ? sources.size() : copying.at;
}

}  // namespace hpctrain::data
