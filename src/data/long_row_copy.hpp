// Copies of rows that are long enough to be fetched ahead piece by piece. Rows lie scattered, so the processor's own
// prefetcher starts anew with each of them, and memcpy waits for memory at every beginning; decision 0047 has the
// figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace hpctrain::data {

/// What a copy works on; see copy_rows().
struct RowCopying {
  std::span<const std::byte* const> sources;
  std::uint64_t row_bytes;
  std::byte* destination;
  volatile std::size_t at;  ///< the row at work, read after a jump out of the copy
};

/// Takes a RowCopying, for run_guarded().
using RowCopyFunction = void (*)(void* copying);

/// Copies that this processor can run, the one with the widest words first.
std::vector<RowCopyFunction> long_row_copies();

/// With each piece that is copied another one is asked for that is due later, across the borders of rows: into the
/// second cache, since more requests can be under way there than the first can wait for. Lines of the slot are asked
/// for as well.
///   Word  what the processor moves at once; only functions that may use it take this in
template <typename Word>
[[gnu::always_inline]] inline void copy_long_rows(void* argument) {
  constexpr std::uint64_t kCacheLineBytes = 64, kPieceBytes = 256;
  constexpr std::uint64_t kBytesAhead = 8192, kDestinationBytesAhead = 1024;
  auto& copying = *static_cast<RowCopying*>(argument);
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

}  // namespace hpctrain::data
