// See record_file.hpp.
#include "pack/record_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/error.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kPieceBytes = 4u << 20;
constexpr std::array kGzipMagic{std::byte{0x1f}, std::byte{0x8b}};
constexpr std::byte kPickleMark{0x80};

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& finding, std::string_view archive) {
  throw Error(Fault::data,
              fmt::format("{}: {}; unpack {} anew (datasets/ says where to get it)", path.string(), finding, archive));
}

/// What a file of an impossible length may be.
std::string guess_kind(const data::RawFile& file) {
  std::array<std::byte, 2> beginning{};
  if (file.bytes() < beginning.size()) return "";
  file.read_at(0, beginning);
  if (beginning == kGzipMagic) return " and is compressed with gzip";
  if (beginning[0] == kPickleMark) return " and looks like the version for Python";
  return "";
}

}  // namespace

data::RawFile RecordFile::open(const std::filesystem::path& path, std::string_view archive) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    const std::filesystem::path packed = path.string() + ".gz", pickled = path.parent_path() / path.stem();
    if (std::filesystem::exists(packed, ignored)) {
      throw Error(Fault::data, fmt::format("{}: is compressed; unpack it with gunzip", packed.string()));
    }
    if (std::filesystem::exists(pickled, ignored)) {
      fail(pickled, "is the version for Python, the binary version is needed", archive);
    }
    fail(path, "is missing", archive);
  }
  return data::RawFile::open_for_reading(path);
}

RecordFile::RecordFile(const std::filesystem::path& path, std::uint64_t record_bytes, std::string_view archive)
    : file_(open(path, archive)), record_bytes_(record_bytes), num_records_(file_.bytes() / record_bytes) {
  const std::uint64_t bytes = file_.bytes();
  if (bytes == 0) fail(path, "is empty", archive);
  if (bytes % record_bytes != 0) {
    fail(path,
         fmt::format("has {} bytes, which are no whole records of {} bytes{}", bytes, record_bytes, guess_kind(file_)),
         archive);
  }
}

void RecordFile::read(std::uint64_t record, std::span<std::byte> bytes) const {
  require_invariant(record < num_records_ && bytes.size() == record_bytes_, "a record lies inside its file");
  file_.read_at(record * record_bytes_, bytes);
}

void RecordFile::visit(const Visit& visit) const {
  const std::uint64_t records_per_piece = std::max<std::uint64_t>(1, kPieceBytes / record_bytes_);
  std::vector<std::byte> piece(std::min(records_per_piece, num_records_) * record_bytes_);
  for (std::uint64_t first = 0; first < num_records_; first += records_per_piece) {
    const std::uint64_t count = std::min(records_per_piece, num_records_ - first);
    const std::span<std::byte> bytes = std::span(piece).first(count * record_bytes_);
    file_.read_at(first * record_bytes_, bytes);
    for (std::uint64_t i = 0; i < count; ++i) visit(first + i, bytes.subspan(i * record_bytes_, record_bytes_));
  }
}

std::filesystem::path find_archive_folder(const std::filesystem::path& source, std::string_view inner,
                                          std::string_view other, std::string_view archive) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(source, ignored)) {
    const bool is_there = std::filesystem::exists(source, ignored);
    throw Error(Fault::data, fmt::format("{}: {}; give the folder that {} was unpacked in", source.string(),
                                         is_there ? "is no folder" : "is missing", archive));
  }
  if (std::filesystem::is_directory(source / inner, ignored)) return source / inner;
  if (!other.empty() && std::filesystem::is_directory(source / other, ignored)) {
    fail(source / other, "is the version for Python, the binary version is needed", archive);
  }
  return source;
}

}  // namespace hpctrain::pack
