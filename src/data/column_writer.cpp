// Digests follow the blocks of the column, writes the large pages of the file.
#include "data/column_writer.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "data/large_page.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {

ColumnWriter::ColumnWriter(RawFile& file, std::uint64_t offset, std::optional<std::uint64_t> bytes)
    : file_(file), next_(offset) {
  if (bytes) end_ = offset + *bytes;
  waiting_.reserve(kLargePageBytes + kChecksumBlockBytes);
  digests_.reserve(checksum_blocks(bytes.value_or(0)));
}

void ColumnWriter::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t taken = std::min<std::size_t>(bytes.size(), kChecksumBlockBytes - undigested_);
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    undigested_ += taken;
    bytes = bytes.subspan(taken);
    if (undigested_ == kChecksumBlockBytes) close_block();
  }
}

std::vector<std::uint64_t> ColumnWriter::finish() {
  if (undigested_ > 0) close_block();
  write_until(next_ + waiting_.size());
  require_invariant(!end_ || next_ == *end_, "a shard gets as many rows as it was laid out for");
  return std::move(digests_);
}

void ColumnWriter::close_block() {
  require_invariant(!end_ || waiting_.size() <= *end_ - next_, "a shard gets no more rows than it was laid out for");
  digests_.push_back(xxh3_64(std::span(waiting_).last(undigested_)));
  undigested_ = 0;
  const std::uint64_t border = (next_ + waiting_.size()) / kLargePageBytes * kLargePageBytes;
  if (border > next_) write_until(border);
}

void ColumnWriter::write_until(std::uint64_t offset) {
  const auto bytes = static_cast<std::size_t>(offset - next_);
  file_.write_at(next_, std::span(waiting_).first(bytes));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(bytes));
  next_ = offset;
}

}  // namespace hpctrain::data
