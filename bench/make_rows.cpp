// Packs made-up dense rows: bench_make_rows FOLDER SAMPLES ROW_BYTES. Contents follow from a counter, so that they are
// neither empty nor compressible by a file system.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "core/error.hpp"
#include "core/philox.hpp"
#include "data/manifest_writer.hpp"
#include "data/shard_format.hpp"
#include "data/shard_writer.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kShardBytes = 64u << 20;

std::vector<FieldSchema> make_fields(std::uint64_t row_bytes) {
  FieldSchema image;
  image.name = "image";
  image.semantic = "image";
  image.axes = "HWC";
  image.sample_shape = {row_bytes, 1, 1};
  image.row_bytes = row_bytes;
  FieldSchema label;
  label.name = "label";
  label.semantic = "label";
  label.type = ElementType::i64;
  label.row_bytes = 8;
  label.num_classes = 10;
  return {image, label};
}

void fill_row(std::vector<std::byte>& row, std::uint64_t id) {
  CounterStream stream(1, 0, id, 1);
  for (std::byte& value : row) value = static_cast<std::byte>(stream.next_u32());
}

void pack(const std::filesystem::path& folder, std::uint64_t samples, std::uint64_t row_bytes) {
  std::filesystem::create_directories(folder / kShardFolder);
  PackIdentity identity;
  identity.uuid = {1};
  identity.creator = "bench_make_rows";
  DatasetIndex index;
  index.folder = folder;
  index.uuid = identity.uuid;
  index.creator = identity.creator;
  index.source_kind = "made up";
  index.fields = make_fields(row_bytes);
  index.statistics = {{{128}, {64}, {0}, {255}}, {{4.5}, {3}, {0}, {9}}};
  const std::uint64_t rows = std::max<std::uint64_t>(1, kShardBytes / row_bytes);
  const std::uint64_t shards = (samples + rows - 1) / rows;
  std::vector<std::byte> row(row_bytes);
  for (std::uint64_t s = 0; s < shards; ++s) {
    const std::uint64_t first = s * rows;
    const std::uint64_t count = std::min(rows, samples - first);
    ShardWriter writer(folder / shard_path(s), identity, {s, shards, count, first}, index.fields);
    for (std::uint64_t i = 0; i < count; ++i) {
      fill_row(row, first + i);
      const std::int64_t label = static_cast<std::int64_t>((first + i) % 10);
      const std::vector<std::span<const std::byte>> rows_of_sample{row, std::as_bytes(std::span(&label, 1))};
      writer.append(first + i, rows_of_sample);
    }
    index.shards.push_back(writer.commit());
    index.shards.back().path = shard_path(s);
  }
  index.splits = {{"train", 0, shards, samples}};
  save_manifest(index, identity);
}

}  // namespace
}  // namespace hpctrain::data

int main(int count, char** words) {
  if (count != 4) {
    std::puts("bench_make_rows FOLDER SAMPLES ROW_BYTES");
    return 64;
  }
  try {
    hpctrain::data::pack(words[1], std::strtoull(words[2], nullptr, 10), std::strtoull(words[3], nullptr, 10));
    return 0;
  } catch (const hpctrain::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return hpctrain::exit_code(error.fault());
  }
}
