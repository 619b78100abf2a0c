// Reads through zlib, which passes plain files on as they are.
#include "pack/idx_file.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>

#include "core/error.hpp"

namespace hpctrain::pack {
namespace {

constexpr const char* kFetchAgain = "fetch the file again from where it came from";
constexpr std::size_t kPieceBytes = 1u << 20;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& finding) {
  throw Error(Fault::data, fmt::format("{}: {}; {}", path.string(), finding, kFetchAgain));
}

std::optional<data::ElementType> element_type(unsigned code) {
  switch (code) {
    case 0x08:
      return data::ElementType::u8;
    case 0x09:
      return data::ElementType::i8;
    case 0x0B:
      return data::ElementType::i16;
    case 0x0C:
      return data::ElementType::i32;
    case 0x0D:
      return data::ElementType::f32;
    case 0x0E:
      return data::ElementType::f64;
    default:
      return std::nullopt;
  }
}

class InflatedFile {
 public:
  explicit InflatedFile(const std::filesystem::path& path) : path_(path), file_(::gzopen(path.c_str(), "rb")) {
    if (!file_) fail(path, "cannot be opened");
    ::gzbuffer(file_.get(), 256u << 10);
  }

  /// Fills `destination` as far as the file reaches.
  std::size_t read(std::span<std::byte> destination) {
    std::size_t filled = 0;
    while (filled < destination.size()) {
      const auto wanted = static_cast<unsigned>(std::min(destination.size() - filled, kPieceBytes));
      const int got = ::gzread(file_.get(), destination.data() + filled, wanted);
      require_healthy();
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    return filled;
  }

 private:
  /// zlib tells of a cut stream only here: gzread has handed out everything before the cut as if all were well.
  void require_healthy() {
    int code = Z_OK;
    const char* reason = ::gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR) fail(path_, "the gzip file is cut short");
    if (code != Z_OK && code != Z_STREAM_END) fail(path_, fmt::format("the gzip file is damaged ({})", reason));
  }

  struct Closer {
    void operator()(gzFile_s* file) const noexcept { ::gzclose_r(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Closer> file_;
};

std::uint32_t read_big_endian(InflatedFile& file, const std::filesystem::path& path) {
  std::array<std::byte, 4> bytes{};
  if (file.read(bytes) != bytes.size()) fail(path, "is cut short inside its head");
  std::uint32_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

/// Grows with what the file really holds, so that a head that lies about its size costs no memory.
std::vector<std::byte> read_exactly(InflatedFile& file, const std::filesystem::path& path, std::uint64_t bytes) {
  std::vector<std::byte> content;
  while (content.size() < bytes) {
    const std::size_t before = content.size();
    const std::size_t wanted = std::min<std::uint64_t>(bytes - before, std::max(kPieceBytes, before));
    content.resize(before + wanted);
    const std::size_t got = file.read(std::span(content).subspan(before));
    if (got < wanted) fail(path, fmt::format("ends after {} of {} bytes of data", before + got, bytes));
  }
  std::array<std::byte, 1> more{};
  if (file.read(more) != 0) fail(path, fmt::format("goes on after its {} bytes of data", bytes));
  return content;
}

void to_native_order(std::vector<std::byte>& bytes, std::size_t element_bytes) {
  if (element_bytes == 1) return;
  for (std::size_t i = 0; i < bytes.size(); i += element_bytes) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + element_bytes));
  }
}

}  // namespace

IdxArray read_idx_file(const std::filesystem::path& path, std::size_t axes) {
  InflatedFile file(path);
  const std::uint32_t magic = read_big_endian(file, path);
  const std::optional<data::ElementType> type = element_type(magic >> 8);
  if (!type || (magic & 0xff) != axes) {
    fail(path, fmt::format("starts with {:#010x}, which is not an idx file of {} axes (expected {:#010x})", magic, axes,
                           0x800 + axes));
  }
  IdxArray array;
  array.type = *type;
  std::uint64_t bytes = data::element_bytes(*type);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    array.shape.push_back(read_big_endian(file, path));
    const std::uint64_t extent = array.shape.back();
    if (axis > 0 && extent == 0) fail(path, "has an axis of length 0");
    if (extent != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / extent) fail(path, "has an impossible size");
    bytes *= extent;
  }
  array.bytes = read_exactly(file, path, bytes);
  to_native_order(array.bytes, data::element_bytes(*type));
  return array;
}

}  // namespace hpctrain::pack
