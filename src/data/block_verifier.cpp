// The slow path of the block verifier: one block is read and compared.
#include "data/block_verifier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/digest.hpp"
#include "data/bus_error_guard.hpp"
#include "data/damaged_place.hpp"
#include "data/verify.hpp"

namespace hpctrain::data {
namespace {

// What XXH3 asks for itself comes too late out of memory.
constexpr std::size_t kCacheLineBytes = 64;
constexpr std::size_t kPieceBytes = 1024;
constexpr std::size_t kBytesAhead = 8192;
constexpr int kSecondLevelCache = 2;

struct Hashing {
  std::span<const std::byte> bytes;
  Xxh3_64 digest;  // not made in hash_bytes(), which may be left by a jump
};

void hash_bytes(void* argument) {
  auto* hashing = static_cast<Hashing*>(argument);
  std::span<const std::byte> left = hashing->bytes;
  while (!left.empty()) {
    const std::span<const std::byte> piece = left.first(std::min(kPieceBytes, left.size()));
    // Behind the end it is a wish that nobody hears.
    for (std::size_t at = 0; at < kPieceBytes; at += kCacheLineBytes) {
      __builtin_prefetch(left.data() + kBytesAhead + at, 0, kSecondLevelCache);
    }
    hashing->digest.update(piece);
    left = left.subspan(piece.size());
  }
}

}  // namespace

void BlockVerifier::open(OpenShard& place, std::size_t column, std::uint64_t block,
                         std::vector<std::byte>& block_buffer) {
  const ColumnExtent& extent = layout_.extent(place.shard(), column);
  const std::uint64_t begin = block * kChecksumBlockBytes;
  const std::uint64_t bytes = std::min(kChecksumBlockBytes, extent.bytes - begin);
  const std::uint64_t offset = extent.offset + begin;
  const bool hashes = verify_ != Verify::off && !place.location().is_verified;
  if (place.mapped() != nullptr) place.populate(offset, bytes);
  if (hashes) {
    Hashing hashing;
    if (place.mapped() != nullptr) {
      hashing.bytes = {place.mapped() + offset, bytes};
    } else {
      block_buffer.resize(kChecksumBlockBytes);
      place.read_at(offset, std::span(block_buffer).first(bytes));
      hashing.bytes = std::span(block_buffer).first(bytes);
    }
    const bool is_read = run_guarded(hash_bytes, &hashing);
    if (!is_read || hashing.digest.value() != extent.block_digests[block]) {
      throw DamagedPlace(place.shard(),
                         describe_damaged_block(place.location().file.string(), layout_.column(column).name,
                                                extent.row_bytes, layout_.shard(place.shard()).num_samples, block));
    }
  }
  if (place.note_open(extent.first_block + block) && hashes) blocks_verified_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace hpctrain::data
