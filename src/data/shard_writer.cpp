// The steps of one shard's commit; see shard_writer.hpp.
#include "data/shard_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/file_system.hpp"
#include "data/column_writer.hpp"
#include "data/layout_reader.hpp"
#include "data/raw_file.hpp"
#include "data/schema_attributes.hpp"
#include "data/shard_format.hpp"
#include "data/shard_header.hpp"
#include "data/verify.hpp"

namespace hpctrain::data {
namespace {

constexpr const char* kFreeSpace = "free space there, or choose another folder";

/// A dataset for rows, and the one for the digests of its blocks.
struct ColumnPlace {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t digests_offset = 0;
};

struct ShardLayout {
  ColumnPlace sample_id;
  std::vector<ColumnPlace> fields;
};

std::uint64_t lay_out_digests(const Hdf5Checks& checks, hid_t integrity, const std::string& name,
                              std::uint64_t data_bytes) {
  const Hid group = create_group(checks, integrity, name);
  const std::uint64_t blocks = checksum_blocks(data_bytes);
  return dataset_offset(checks, create_dataset(checks, group.get(), "block_xxh3", ElementType::u64, {&blocks, 1}));
}

ColumnPlace lay_out_field(const Hdf5Checks& checks, hid_t fields, hid_t integrity, const FieldSchema& field,
                          std::uint64_t num_samples) {
  require_invariant(field.kind == FieldKind::dense, "the shard writer is given dense fields only");
  const Hid group = create_group(checks, fields, field.name);
  write_schema(checks, group.get(), field);
  std::vector<std::uint64_t> shape{num_samples};
  shape.insert(shape.end(), field.sample_shape.begin(), field.sample_shape.end());
  const Hid data = create_dataset(checks, group.get(), "data", field.type, shape);
  const std::uint64_t bytes = num_samples * field.row_bytes;
  return {dataset_offset(checks, data), bytes, lay_out_digests(checks, integrity, field.name, bytes)};
}

ShardLayout lay_out(const Hdf5Checks& checks, const std::filesystem::path& path, const PackIdentity& identity,
                    const ShardPlace& place, std::span<const FieldSchema> fields) {
  Hid file = create_hdf5_file(checks, path);
  write_identity(checks, file.get(), kShardFormatName, identity, fields);
  write_shard_place(checks, file.get(), place);
  ShardLayout layout;
  {
    const Hid integrity = create_group(checks, file.get(), "integrity");
    const std::string ids(kSampleIdName);
    const Hid sample_id = create_dataset(checks, file.get(), ids, ElementType::u64, {&place.num_samples, 1});
    const std::uint64_t id_bytes = place.num_samples * sizeof(std::uint64_t);
    layout.sample_id = {dataset_offset(checks, sample_id), id_bytes,
                        lay_out_digests(checks, integrity.get(), ids, id_bytes)};
    const Hid group = create_group(checks, file.get(), "fields");
    for (const FieldSchema& field : fields) {
      layout.fields.push_back(lay_out_field(checks, group.get(), integrity.get(), field, place.num_samples));
    }
  }
  close_hdf5_file(checks, file);
  return layout;
}

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

  void append(std::uint64_t sample_id, std::span<const std::span<const std::byte>> rows) {
    columns_[0].append(std::as_bytes(std::span(&sample_id, 1)));
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      require_invariant(rows[f].size() == fields_[f].row_bytes, "a row has the bytes that its schema says");
      columns_[f + 1].append(rows[f]);
    }
  }

  ShardIndex commit() {
    finish_column(0, layout_.sample_id);
    for (std::size_t f = 0; f < fields_.size(); ++f) finish_column(f + 1, layout_.fields[f]);
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
  void start() {
    require_invariant(
        std::is_sorted(fields_.begin(), fields_.end(), [](const auto& a, const auto& b) { return a.name < b.name; }),
        "fields come sorted by name");
    layout_ = lay_out(checks_, temporary_, identity_, place_, fields_);
    file_.emplace(RawFile::open_for_writing(temporary_));
    file_->reserve(file_->bytes());
    columns_.emplace_back(*file_, layout_.sample_id.offset, layout_.sample_id.bytes);
    for (const ColumnPlace& field : layout_.fields) columns_.emplace_back(*file_, field.offset, field.bytes);
  }

  void finish_column(std::size_t column, const ColumnPlace& place) {
    const std::vector<std::uint64_t> digests = columns_[column].finish();
    file_->write_at(place.digests_offset, std::as_bytes(std::span(digests)));
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
  std::vector<ColumnWriter> columns_;
  bool is_committed_ = false;
};

ShardWriter::ShardWriter(std::filesystem::path path, const PackIdentity& identity, const ShardPlace& place,
                         std::vector<FieldSchema> fields)
    : impl_(std::make_unique<Impl>(std::move(path), identity, place, std::move(fields))) {}
ShardWriter::~ShardWriter() = default;

void ShardWriter::append(std::uint64_t sample_id, std::span<const std::span<const std::byte>> rows) {
  impl_->append(sample_id, rows);
}
ShardIndex ShardWriter::commit() {
  return impl_->commit();
}

}  // namespace hpctrain::data
