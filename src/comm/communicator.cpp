// Sizes of elements, and texts of unequal length made of collectives of equal length.
#include "comm/communicator.hpp"

#include <algorithm>
#include <cstring>

namespace hpctrain::comm {

std::size_t element_bytes(ElementType type) noexcept {
  switch (type) {
    case ElementType::u8:
      return 1;
    case ElementType::f16:
    case ElementType::bf16:
      return 2;
    case ElementType::i32:
    case ElementType::u32:
    case ElementType::f32:
      return 4;
    case ElementType::i64:
    case ElementType::u64:
    case ElementType::f64:
      return 8;
  }
  return 0;
}

std::string broadcast_text(Communicator& group, const std::string& text, int root) {
  std::uint64_t bytes = text.size();
  group.broadcast({&bytes, 1, ElementType::u64}, root);
  std::string shared = group.rank() == root ? text : std::string(bytes, '\0');
  if (bytes > 0) group.broadcast({shared.data(), shared.size(), ElementType::u8}, root);
  return shared;
}

std::vector<std::string> all_gather_text(Communicator& group, const std::string& mine) {
  const auto ranks = static_cast<std::size_t>(group.size());
  const std::uint64_t my_bytes = mine.size();
  std::vector<std::uint64_t> sizes(ranks);
  group.all_gather(std::as_bytes(std::span(&my_bytes, 1)), std::as_writable_bytes(std::span(sizes)));

  const std::size_t block_bytes = *std::max_element(sizes.begin(), sizes.end());
  std::vector<std::byte> padded(block_bytes);
  std::vector<std::byte> blocks(block_bytes * ranks);
  if (!mine.empty()) std::memcpy(padded.data(), mine.data(), mine.size());
  if (block_bytes > 0) group.all_gather(padded, blocks);

  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    texts.emplace_back(reinterpret_cast<const char*>(blocks.data()) + rank * block_bytes, sizes[rank]);
  }
  return texts;
}

}  // namespace hpctrain::comm
