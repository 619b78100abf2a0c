// One checksum block is both the unit of writing and the unit of digesting.
#include "data/column_writer.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {

ColumnWriter::ColumnWriter(RawFile& file, std::uint64_t offset, std::optional<std::uint64_t> bytes)
    : file_(file), next_(offset) {
  if (bytes) end_ = offset + *bytes;
  block_.reserve(kChecksumBlockBytes);
  digests_.reserve(checksum_blocks(bytes.value_or(0)));
}

void ColumnWriter::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t taken = std::min<std::size_t>(bytes.size(), kChecksumBlockBytes - block_.size());
    block_.insert(block_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (block_.size() == kChecksumBlockBytes) flush_block();
  }
}

std::vector<std::uint64_t> ColumnWriter::finish() {
  if (!block_.empty()) flush_block();
  require_invariant(!end_ || next_ == *end_, "a shard gets as many rows as it was laid out for");
  return std::move(digests_);
}

void ColumnWriter::flush_block() {
  require_invariant(!end_ || block_.size() <= *end_ - next_, "a shard gets no more rows than it was laid out for");
  file_.write_at(next_, block_);
  next_ += block_.size();
  digests_.push_back(xxh3_64(block_));
  block_.clear();
}

}  // namespace hpctrain::data
