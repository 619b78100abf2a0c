#include "pack/file_digest.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/digest.hpp"
#include "data/raw_file.hpp"

namespace hpctrain::pack {

std::string digest_of_file(const std::filesystem::path& path) {
  constexpr std::uint64_t kPieceBytes = 1u << 20;
  const data::RawFile file = data::RawFile::open_for_reading(path);
  const std::uint64_t bytes = file.bytes();
  std::vector<std::byte> piece(std::min(bytes, kPieceBytes));
  Xxh3_128 digest;
  for (std::uint64_t offset = 0; offset < bytes; offset += piece.size()) {
    const auto part = std::span(piece).first(std::min<std::uint64_t>(piece.size(), bytes - offset));
    file.read_at(offset, part);
    digest.update(part);
  }
  return digest.hex();
}

}  // namespace hpctrain::pack
