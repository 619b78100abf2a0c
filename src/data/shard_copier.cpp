#include "data/shard_copier.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/storage_error.hpp"
#include "data/verify.hpp"

namespace hpctrain::data {
namespace {

constexpr std::size_t kPieceBytes = 8u << 20;

FileMark mark_of(const RawFile& file) {
  struct stat status {};
  require(::fstat(file.descriptor(), &status) == 0, Fault::data,
          fmt::format("{}: cannot be looked at", file.path().string()));
  return FileMark::of(status);
}

}  // namespace

ShardCopier::ShardCopier(const DatasetIndex& index, const CacheFolder& folder, ReadSource read_source)
    : index_(index), folder_(folder), read_source_(std::move(read_source)) {
  if (!read_source_) {
    read_source_ = [](const RawFile& file, std::uint64_t offset, std::span<std::byte> destination) {
      file.read_at(offset, destination);
    };
  }
}

std::string ShardCopier::copy_name(const ShardIndex& shard) {
  return std::filesystem::path(shard.path).filename().string();
}

std::optional<FoundCopy> ShardCopier::find(std::size_t shard, OlderCopy older) const {
  const ShardIndex& layout = index_.shards[shard];
  const std::string name = copy_name(layout);
  std::optional<CacheRecord> record = folder_.find_copy(name);
  if (!record || record->copy.bytes != layout.file_bytes || record->xxh3_128 != layout.file_xxh3_128) {
    return std::nullopt;
  }
  FoundCopy found{record->copy.inode, record->boot_uuid == running_boot_uuid()};
  if (found.is_verified || older == OlderCopy::taken) return found;
  try {
    if (digest_file(RawFile::open_for_reading(folder_.path() / name)).xxh3_128 == layout.file_xxh3_128) {
      record->boot_uuid = running_boot_uuid();
      folder_.rewrite_record(name, *record);
      found.is_verified = true;
      return found;
    }
  } catch (const Error&) {
    // A copy that cannot be read is none.
  }
  folder_.remove_copy(name, record->copy.inode);
  return std::nullopt;
}

CopyReport ShardCopier::copy(std::size_t shard, std::uint64_t limit_bytes, const std::atomic<bool>& stops) const {
  if (const auto found = find(shard)) return {CopyOutcome::found, "", found->inode, 0};
  try {
    return start_and_fill(shard, limit_bytes, stops);
  } catch (const Error& error) {
    return {CopyOutcome::no_space, error.what(), 0, 0};
  }
}

CopyReport ShardCopier::start_and_fill(std::size_t shard, std::uint64_t limit_bytes,
                                       const std::atomic<bool>& stops) const {
  const ShardIndex& layout = index_.shards[shard];
  const std::optional<PartFile> part = folder_.start_part(copy_name(layout), layout.file_bytes, limit_bytes);
  CopyReport report;
  if (!part) {
    report.outcome = CopyOutcome::busy;
    return report;
  }
  // Somebody may have finished between the look and the lock.
  if (const auto found = find(shard)) {
    report.outcome = CopyOutcome::found;
    report.inode = found->inode;
  } else {
    fill(layout, *part, stops, report);
  }
  if (report.outcome != CopyOutcome::made) folder_.abandon(*part);
  return report;
}

void ShardCopier::fill(const ShardIndex& layout, const PartFile& part, const std::atomic<bool>& stops,
                       CopyReport& report) const {
  try {
    const RawFile source = RawFile::open_for_reading(index_.folder / layout.path);
    CacheRecord record{mark_of(source), {}, "", running_boot_uuid()};
    require(
        record.source.bytes == layout.file_bytes, Fault::data,
        fmt::format("{}: has {} bytes instead of {}", source.path().string(), record.source.bytes, layout.file_bytes));
    record.xxh3_128 = digest_while_copying(source, part, stops, report);
    if (stops) {
      report.outcome = CopyOutcome::stopped;
    } else if (record.xxh3_128 != layout.file_xxh3_128) {
      report.outcome = CopyOutcome::not_genuine;
      report.words = fmt::format("{} arrived with another digest than the manifest says", source.path().string());
    } else {
      report.inode = folder_.publish(part, record);
    }
  } catch (const Error& error) {
    report.outcome = error.fault() == Fault::data ? CopyOutcome::unreadable : CopyOutcome::no_space;
    report.words = error.what();
  }
}

std::string ShardCopier::digest_while_copying(const RawFile& source, const PartFile& part,
                                              const std::atomic<bool>& stops, CopyReport& report) const {
  const std::uint64_t bytes = source.bytes();
  Xxh3_128 digest;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(kPieceBytes, bytes));
  ::posix_fadvise(source.descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL);
  for (std::uint64_t offset = 0; offset < bytes && !stops; offset += buffer.size()) {
    const std::span<std::byte> piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), bytes - offset));
    read_source_(source, offset, piece);
    report.source_bytes += piece.size();
    digest.update(piece);
    const int error_number = write_fully(part.descriptor.get(), piece);
    if (error_number != 0) throw storage_error("write", folder_.path() / part.name, error_number);
  }
  return digest.hex();
}

}  // namespace hpctrain::data
