// The steps of one shard's commit; see shard_writer.hpp.
#include "data/shard_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/file_system.hpp"
#include "data/column_writer.hpp"
#include "data/encoded_column.hpp"
#include "data/layout_reader.hpp"
#include "data/raw_file.hpp"
#include "data/shard_format.hpp"
#include "data/shard_header.hpp"
#include "data/shard_layout.hpp"
#include "data/verify.hpp"

namespace hpctrain::data {
namespace {

constexpr const char* kFreeSpace = "free space there, or choose another folder";

}  // namespace

class ShardWriter::Impl {
 public:
  Impl(std::filesystem::path path, const PackIdentity& identity, const ShardPlace& place,
       std::vector<FieldSchema> fields)
      : path_(std::move(path)),
        temporary_(path_.string() + std::string(kTemporarySuffix)),
        checks_(temporary_.string(), Fault::storage, kFreeSpace),
        identity_(identity),
        place_(place),
        fields_(std::move(fields)) {
    try {
      start();
    } catch (...) {
      discard();
      throw;
    }
  }

  ~Impl() {
    if (!is_committed_) discard();
  }

  void append(std::uint64_t sample_id, std::span<const std::span<const std::byte>> rows,
              std::span<const ImageDims> dims) {
    sample_ids_->append(std::as_bytes(std::span(&sample_id, 1)));
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      if (Column& column = columns_[f]; column.encoded) {
        column.encoded->append(rows[f], dims[f]);
      } else {
        require_invariant(rows[f].size() == fields_[f].row_bytes, "a row has the bytes that its schema says");
        column.dense->append(rows[f]);
      }
    }
  }

  ShardIndex commit() {
    finish_column(*sample_ids_, layout_.sample_id);
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      if (columns_[f].dense) finish_column(*columns_[f].dense, layout_.fields[f]);
    }
    finish_encoded();
    {
      Hid file = open_hdf5_file(checks_, temporary_.string(), false);
      mark_complete(checks_, file.get());
      close_hdf5_file(checks_, file);
    }
    file_->sync();
    ShardIndex shard = read_back();
    // Rename last: until then nothing has the name of a shard.
    posix_file_system().rename_no_replace(temporary_, path_);
    is_committed_ = true;
    posix_file_system().sync_folder(path_.parent_path());
    return shard;
  }

 private:
  /// Of one field: either of them.
  struct Column {
    std::unique_ptr<ColumnWriter> dense;
    std::unique_ptr<EncodedColumn> encoded;
  };

  void start() {
    require_invariant(
        std::is_sorted(fields_.begin(), fields_.end(), [](const auto& a, const auto& b) { return a.name < b.name; }),
        "fields come sorted by name");
    layout_ = lay_out_shard(checks_, temporary_, identity_, place_, fields_);
    file_.emplace(RawFile::open_for_writing(temporary_));
    file_->reserve(file_->bytes());
    sample_ids_.emplace(*file_, layout_.sample_id.offset, layout_.sample_id.bytes);
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      const ColumnPlace& place = layout_.fields[f];
      Column& column = columns_.emplace_back();
      if (fields_[f].kind == FieldKind::dense) {
        column.dense = std::make_unique<ColumnWriter>(*file_, place.offset, place.bytes);
      } else {
        column.encoded = std::make_unique<EncodedColumn>(fmt::format("{}.{}{}", path_.string(), f, kTemporarySuffix));
      }
    }
  }

  void finish_column(ColumnWriter& column, const ColumnPlace& place) {
    const std::vector<std::uint64_t> digests = column.finish();
    file_->write_at(place.digests_offset, std::as_bytes(std::span(digests)));
  }

  void finish_encoded() {
    if (std::all_of(columns_.begin(), columns_.end(), [](const Column& c) { return c.dense != nullptr; })) return;
    {
      Hid file = open_hdf5_file(checks_, temporary_.string(), false);
      for (std::size_t f = 0; f < fields_.size(); ++f) {
        if (!columns_[f].encoded) continue;
        lay_out_encoded(checks_, file.get(), fields_[f], columns_[f].encoded->finish(), layout_.fields[f]);
      }
      close_hdf5_file(checks_, file);
    }
    file_->reserve(file_->bytes());
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      if (columns_[f].encoded) columns_[f].encoded->copy_to(*file_, layout_.fields[f]);
      columns_[f].encoded.reset();
    }
  }

  ShardIndex read_back() {
    ShardIndex shard = read_shard_layout(temporary_, identity_, place_, fields_);
    const std::vector<std::string> findings = verify_shard(*file_, shard, fields_);
    require(
        findings.empty(), Fault::storage,
        findings.empty() ? "" : fmt::format("what was written does not read back: {}; check this disk", findings[0]));
    const FileDigests digests = digest_file(*file_);
    shard.file_xxh3_128 = digests.xxh3_128;
    shard.head_xxh3 = digests.head_xxh3;
    return shard;
  }

  void discard() noexcept {
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
  }

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Hdf5Checks checks_;
  PackIdentity identity_;
  ShardPlace place_;
  std::vector<FieldSchema> fields_;
  ShardLayout layout_;
  std::optional<RawFile> file_;
  std::optional<ColumnWriter> sample_ids_;
  std::vector<Column> columns_;
  bool is_committed_ = false;
};

ShardWriter::ShardWriter(std::filesystem::path path, const PackIdentity& identity, const ShardPlace& place,
                         std::vector<FieldSchema> fields)
    : impl_(std::make_unique<Impl>(std::move(path), identity, place, std::move(fields))) {}
ShardWriter::~ShardWriter() = default;

void ShardWriter::append(std::uint64_t sample_id, std::span<const std::span<const std::byte>> rows,
                         std::span<const ImageDims> dims) {
  impl_->append(sample_id, rows, dims);
}
ShardIndex ShardWriter::commit() {
  return impl_->commit();
}

}  // namespace hpctrain::data
