// Lays tensors out and streams them to a file, hashing the very bytes that are written.
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "checkpoint/safetensors.hpp"
#include "checkpoint/tensor_format.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"

namespace hpctrain::checkpoint {
namespace {

/// Small enough to be in the processor's cache still when it is written after it was hashed; with smaller pieces the
/// page cache takes them in smaller folios, which cost the kernel more than the hash.
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

using ByteSink = std::function<void(std::span<const std::byte>)>;

std::vector<const NamedTensor*> plan_order(const std::vector<NamedTensor>& tensors) {
  std::vector<const NamedTensor*> order;
  std::set<std::string_view> names;
  for (const NamedTensor& named : tensors) {
    require(named.name != "__metadata__" && names.insert(named.name).second, Fault::bug,
            "safetensors: the name '" + named.name + "' is reserved or given twice");
    order.push_back(&named);
  }
  std::sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    const auto size_a = a->tensor.element_size();
    const auto size_b = b->tensor.element_size();
    return size_a != size_b ? size_a > size_b : a->name < b->name;
  });
  return order;
}

std::string format_header(const std::vector<const NamedTensor*>& order, const SafetensorsMetadata& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const NamedTensor* named : order) {
    const std::uint64_t end = offset + named->tensor.nbytes();
    header[named->name] = {{"dtype", dtype_text(named->tensor.scalar_type())},
                           {"shape", named->tensor.sizes().vec()},
                           {"data_offsets", {offset, end}}};
    offset = end;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::bug, std::string("safetensors: a name or a metadata text is not UTF-8: ") + error.what());
  }
}

FileSeal stream(const std::vector<NamedTensor>& tensors, const SafetensorsMetadata& metadata, const ByteSink& sink) {
  Xxh3_128 digest;
  FileSeal seal;
  const auto put = [&](std::span<const std::byte> bytes) {
    digest.update(bytes);
    seal.bytes += bytes.size();
    sink(bytes);
  };
  const std::vector<const NamedTensor*> order = plan_order(tensors);
  const std::string header = format_header(order, metadata);
  const std::uint64_t header_bytes = header.size();
  put(std::as_bytes(std::span(&header_bytes, 1)));
  put(std::as_bytes(std::span(header)));
  for (const NamedTensor* named : order) {
    const at::Tensor host = host_row_major(named->tensor);  // one at a time: the host needs room for the largest only
    for (auto bytes = tensor_bytes(host); !bytes.empty();) {
      const auto piece = bytes.first(std::min(bytes.size(), kPieceBytes));
      put(piece);
      bytes = bytes.subspan(piece.size());
    }
  }
  seal.xxh3_128 = digest.hex();
  return seal;
}

}  // namespace

UnsyncedFile write_safetensors(FileSystem& files, const std::filesystem::path& path,
                               const std::vector<NamedTensor>& tensors, const SafetensorsMetadata& metadata) {
  UnsyncedFile written{files.create_file(path), {}};
  written.seal = stream(tensors, metadata, [&](std::span<const std::byte> bytes) { written.file->write(bytes); });
  return written;
}

FileSeal sync_and_close(UnsyncedFile written) {
  written.file->sync();
  written.file->close();
  return written.seal;
}

FileSeal save_safetensors(FileSystem& files, const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                          const SafetensorsMetadata& metadata) {
  return sync_and_close(write_safetensors(files, path, tensors, metadata));
}

FileSeal safetensors_seal(const std::vector<NamedTensor>& tensors, const SafetensorsMetadata& metadata) {
  return stream(tensors, metadata, [](std::span<const std::byte>) {});
}

}  // namespace hpctrain::checkpoint
