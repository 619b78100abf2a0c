// See encoded_column.hpp.
#include "data/encoded_column.hpp"

#include <algorithm>
#include <system_error>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {

EncodedColumn::EncodedColumn(std::filesystem::path path) : path_(std::move(path)) {
  posix_file_system().create_file(path_)->close();
  file_.emplace(RawFile::open_for_writing(path_));
  writer_.emplace(*file_, 0, std::nullopt);
}

EncodedColumn::~EncodedColumn() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void EncodedColumn::append(std::span<const std::byte> bytes, const ImageDims& dims) {
  require_invariant(!bytes.empty(), "an encoded picture has bytes");
  writer_->append(bytes);
  offsets_.push_back(offsets_.back() + bytes.size());
  dims_.push_back(dims);
}

EncodedSize EncodedColumn::finish() {
  digests_ = writer_->finish();
  return {offsets_.back(), xxh3_64(std::as_bytes(std::span(offsets_))), xxh3_64(std::as_bytes(std::span(dims_)))};
}

void EncodedColumn::copy_to(RawFile& shard, const ColumnPlace& place) const {
  std::vector<std::byte> piece(kChecksumBlockBytes);
  for (std::uint64_t done = 0; done < place.bytes; done += piece.size()) {
    const auto part = std::span(piece).first(std::min<std::uint64_t>(piece.size(), place.bytes - done));
    file_->read_at(done, part);
    shard.write_at(place.offset + done, part);
  }
  shard.write_at(place.digests_offset, std::as_bytes(std::span(digests_)));
  shard.write_at(place.offsets_offset, std::as_bytes(std::span(offsets_)));
  shard.write_at(place.dims_offset, std::as_bytes(std::span(dims_)));
}

}  // namespace hpctrain::data
