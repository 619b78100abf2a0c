// Reads each shard block by block and compares; see verify.hpp.
#include "data/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

struct Column {
  std::string name;
  std::uint64_t row_bytes;  ///< 0: rows differ in length
  std::uint64_t offset;
  std::uint64_t bytes;
  const std::vector<std::uint64_t>& block_xxh3;
};

void verify_column(const RawFile& file, const ShardIndex& shard, const Column& column,
                   std::vector<std::string>& findings) {
  std::vector<std::byte> block(kChecksumBlockBytes);
  for (std::uint64_t b = 0; b < column.block_xxh3.size(); ++b) {
    const std::uint64_t begin = b * kChecksumBlockBytes;
    const std::span<std::byte> piece = std::span(block).first(std::min(kChecksumBlockBytes, column.bytes - begin));
    file.read_at(column.offset + begin, piece);
    if (xxh3_64(piece) != column.block_xxh3[b]) {
      findings.push_back(describe_damaged_block(shard.path, column.name, column.row_bytes, shard.num_samples, b));
    }
  }
}

/// Of the offsets or the dims of a field.
struct Table {
  const char* name;
  std::uint64_t offset;
  std::uint64_t bytes;
  std::uint64_t xxh3;
};

void verify_table(const RawFile& file, const ShardIndex& shard, const std::string& field, const Table& table,
                  std::vector<std::string>& findings) {
  std::vector<std::byte> bytes(table.bytes);
  file.read_at(table.offset, bytes);
  if (xxh3_64(bytes) != table.xxh3) {
    findings.push_back(
        fmt::format("{}: the {} of field {} are damaged; {}", shard.path, table.name, field, kPackAgain));
  }
}

void verify_field(const RawFile& file, const ShardIndex& shard, const FieldSchema& field, const FieldExtent& extent,
                  std::vector<std::string>& findings) {
  const bool is_dense = field.kind == FieldKind::dense;
  verify_column(file, shard,
                {field.name, is_dense ? field.row_bytes : 0, extent.data_offset, extent.data_bytes, extent.block_xxh3},
                findings);
  if (is_dense) return;
  const std::uint64_t offsets_bytes = (shard.num_samples + 1) * sizeof(std::uint64_t);
  verify_table(file, shard, field.name, {"offsets", extent.offsets_offset, offsets_bytes, extent.offsets_xxh3},
               findings);
  if (!has_dims(field)) return;
  const std::uint64_t dims_bytes = shard.num_samples * sizeof(ImageDims);
  verify_table(file, shard, field.name, {"dims", extent.dims_offset, dims_bytes, extent.dims_xxh3}, findings);
}

void verify_whole_file(const RawFile& file, const ShardIndex& shard, std::vector<std::string>& findings) {
  if (shard.file_xxh3_128.empty()) return;
  const FileDigests digests = digest_file(file);
  if (digests.xxh3_128 == shard.file_xxh3_128 && digests.head_xxh3 == shard.head_xxh3) return;
  findings.push_back(fmt::format("{}: the file's digest {} is not the manifest's {}: changed since it was packed; {}",
                                 shard.path, digests.xxh3_128, shard.file_xxh3_128, kPackAgain));
}

}  // namespace

FileDigests digest_file(const RawFile& file) {
  FileDigests digests;
  Xxh3_128 whole;
  std::vector<std::byte> buffer(4u << 20);
  const std::uint64_t bytes = file.bytes();
  for (std::uint64_t offset = 0; offset < bytes; offset += buffer.size()) {
    const std::span<std::byte> piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), bytes - offset));
    file.read_at(offset, piece);
    if (offset == 0) digests.head_xxh3 = xxh3_64(piece.first(std::min<std::size_t>(piece.size(), kHeadBytes)));
    whole.update(piece);
  }
  digests.xxh3_128 = whole.hex();
  return digests;
}

std::string describe_damaged_block(const std::string& path, const std::string& field, std::uint64_t row_bytes,
                                   std::uint64_t num_samples, std::uint64_t block) {
  std::string rows;
  if (row_bytes > 0) {
    const std::uint64_t first = block * kChecksumBlockBytes / row_bytes;
    const std::uint64_t last = ((block + 1) * kChecksumBlockBytes - 1) / row_bytes;
    rows = fmt::format(" (samples {} to {} of the shard)", first, std::min(last, num_samples - 1));
  }
  return fmt::format(
      "{}: block {} of field {}{} is damaged: its bytes do not have the digest they were packed with; "
      "copy the file again, or {}",
      path, block, field, rows, kPackAgain);
}

std::vector<std::string> verify_shard(const RawFile& file, const ShardIndex& shard,
                                      std::span<const FieldSchema> fields) {
  std::vector<std::string> findings;
  try {
    const std::uint64_t id_bytes = shard.num_samples * sizeof(std::uint64_t);
    verify_column(file, shard,
                  {std::string(kSampleIdName), sizeof(std::uint64_t), shard.sample_id_offset, id_bytes,
                   shard.sample_id_block_xxh3},
                  findings);
    for (std::size_t f = 0; f < fields.size(); ++f) verify_field(file, shard, fields[f], shard.fields[f], findings);
    verify_whole_file(file, shard, findings);
  } catch (const Error& error) {
    findings.emplace_back(error.what());
  }
  return findings;
}

VerifyReport verify_dataset(const DatasetIndex& index,
                            const std::function<void(std::uint64_t done, std::uint64_t total)>& on_bytes) {
  VerifyReport report;
  std::uint64_t total = 0;
  for (const ShardIndex& shard : index.shards) total += shard.file_bytes;
  for (const ShardIndex& shard : index.shards) {
    try {
      const RawFile file = RawFile::open_for_reading(index.folder / shard.path);
      const std::vector<std::string> findings = verify_shard(file, shard, index.fields);
      report.findings.insert(report.findings.end(), findings.begin(), findings.end());
    } catch (const Error& error) {
      report.findings.emplace_back(error.what());
    }
    ++report.shards;
    report.bytes += shard.file_bytes;
    if (on_bytes) on_bytes(report.bytes, total);
  }
  return report;
}

}  // namespace hpctrain::data
