// The hot path of the loader. Rows lie scattered, so the processor's own prefetcher starts anew with each of them, and
// memcpy waits for memory at every beginning. Here the bytes that are due a little later are asked for while others are
// copied; decision 0047 has the figures.
#include "data/row_copy.hpp"

#include <algorithm>
#include <cstring>

#include "data/bus_error_guard.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kCacheLineBytes = 64;
constexpr std::uint64_t kPieceBytes = 256;  // copied between two requests
constexpr std::uint64_t kBytesAhead = 8192;
constexpr std::uint64_t kDestinationBytesAhead = 1024;
constexpr std::uint64_t kShortRowBytes = 2048;  // up to this, one request for a whole row costs least
constexpr std::uint64_t kMostShortRowsAhead = 16;

struct Copying {
  std::span<const std::byte* const> sources;
  std::uint64_t row_bytes;
  std::byte* destination;
  volatile std::size_t at;  // read after a jump out of the copy
};

void copy_words(void* argument) {
  auto* copying = static_cast<Copying*>(argument);
  const std::span sources = copying->sources;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] == nullptr) continue;
    copying->at = i;
    std::memcpy(copying->destination + i * sizeof(std::uint64_t), sources[i], sizeof(std::uint64_t));
  }
}

void copy_short(void* argument) {
  auto* copying = static_cast<Copying*>(argument);
  const std::span sources = copying->sources;
  const std::uint64_t row_bytes = copying->row_bytes;
  const std::size_t ahead = std::min(kBytesAhead / row_bytes, kMostShortRowsAhead);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::byte* due = i + ahead < sources.size() ? sources[i + ahead] : nullptr;
    for (std::uint64_t at = 0; due != nullptr && at < row_bytes; at += kCacheLineBytes) __builtin_prefetch(due + at);
    if (sources[i] == nullptr) continue;
    copying->at = i;
    std::memcpy(copying->destination + i * row_bytes, sources[i], row_bytes);
  }
}

/// Sources are fetched into the second cache: more requests can be under way there than the first can wait for.
///   Word  what the processor moves at once; only functions that may use it take this in
template <typename Word>
[[gnu::always_inline]] inline void copy_long(Copying& copying) {
  const std::span sources = copying.sources;
  const std::uint64_t row_bytes = copying.row_bytes;
  const std::uint64_t rows_ahead = kBytesAhead / row_bytes, bytes_ahead = kBytesAhead % row_bytes;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] == nullptr) continue;
    copying.at = i;
    const std::byte* source = sources[i];
    std::byte* destination = copying.destination + i * row_bytes;
    std::uint64_t at = 0;
    for (; at + kPieceBytes <= row_bytes; at += kPieceBytes) {
      const bool is_in_next = at + bytes_ahead >= row_bytes;
      const std::size_t due_row = i + rows_ahead + (is_in_next ? 1 : 0);
      const bool is_due = due_row < sources.size() && sources[due_row] != nullptr;
      const std::byte* due = is_due ? sources[due_row] + (at + bytes_ahead - (is_in_next ? row_bytes : 0)) : source;
      for (std::uint64_t line = 0; line < kPieceBytes; line += kCacheLineBytes) {
        __builtin_prefetch(due + line, 0, 2);
        __builtin_prefetch(destination + at + kDestinationBytesAhead + line, 1);
      }
#pragma GCC unroll 16
      for (std::uint64_t moved = 0; moved < kPieceBytes; moved += sizeof(Word)) {
        Word word;
        std::memcpy(&word, source + at + moved, sizeof(Word));
        std::memcpy(destination + at + moved, &word, sizeof(Word));
      }
    }
    std::memcpy(destination + at, source + at, row_bytes - at);
  }
}

using Word16 [[gnu::vector_size(16)]] = unsigned char;
void copy_long_by_16(void* argument) {
  copy_long<Word16>(*static_cast<Copying*>(argument));
}

#if defined(__x86_64__)
using Word32 [[gnu::vector_size(32)]] = unsigned char;
using Word64 [[gnu::vector_size(64)]] = unsigned char;
// prfchw: the destination is fetched to be written. A processor that does not know how passes over it.
[[gnu::target("avx2,prfchw")]] void copy_long_by_32(void* argument) {
  copy_long<Word32>(*static_cast<Copying*>(argument));
}
[[gnu::target("avx512f,prfchw")]] void copy_long_by_64(void* argument) {
  copy_long<Word64>(*static_cast<Copying*>(argument));
}
#endif

using CopyFunction = void (*)(void*);

CopyFunction widest_copy() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") != 0) return copy_long_by_64;
  if (__builtin_cpu_supports("avx2") != 0) return copy_long_by_32;
#endif
  return copy_long_by_16;
}

CopyFunction copy_for(std::uint64_t row_bytes) {
  static const CopyFunction kLong = widest_copy();
  if (row_bytes == sizeof(std::uint64_t)) return copy_words;
  return row_bytes <= kShortRowBytes ? copy_short : kLong;
}

}  // namespace

std::size_t copy_rows(std::span<const std::byte* const> sources, std::uint64_t row_bytes, std::byte* destination) {
  Copying copying{sources, row_bytes, destination, 0};
  return run_guarded(copy_for(row_bytes), &copying) ? sources.size() : copying.at;
}

}  // namespace hpctrain::data
