#include "pack/file_digest.hpp"

#include <algorithm>
#include <cstdint>

#include "core/digest.hpp"
#include "data/raw_file.hpp"
#include "pack/parallel_loop.hpp"

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

std::vector<std::string> digests_of_files(std::span<const std::filesystem::path> paths, std::size_t threads) {
  std::vector<std::string> digests(paths.size());
  run_parallel_loop(paths.size(), threads, [&](std::uint64_t i) { digests[i] = digest_of_file(paths[i]); });
  return digests;
}

}  // namespace hpctrain::pack
