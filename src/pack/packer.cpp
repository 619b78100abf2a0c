// Walks the plan shard by shard; see packer.hpp.
#include "pack/packer.hpp"

#include <fmt/format.h>

#include <cstring>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/version.hpp"
#include "data/manifest_writer.hpp"
#include "data/shard_format.hpp"
#include "data/shard_writer.hpp"
#include "pack/output_folder.hpp"
#include "pack/statistics.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kProgressEvery = 1024;  // samples

std::uint64_t record_bytes(std::span<const data::FieldSchema> fields) {
  std::uint64_t bytes = sizeof(std::uint64_t);  // its sample id
  for (const data::FieldSchema& field : fields) bytes += field.row_bytes;
  return bytes;
}

/// Named by its content: whoever packs the same source in the same way makes the same data set.
data::PackIdentity make_identity(const Source& source, const PackSettings& settings) {
  const PlanSettings& plan = settings.plan;
  Sha256 digest;
  digest.update(fmt::format("hpctrain {}.{} {} {} seed {} shuffle {} validation {} shard {}\n", data::kFormatMajor,
                            data::kFormatMinor, source.kind(), source.identity(), plan.seed, plan.shuffle,
                            plan.validation_samples.value_or(0), plan.shard_target_bytes.value_or(0)));
  const Sha256::Value value = digest.value();
  data::PackIdentity identity;
  std::memcpy(identity.uuid.data(), value.data(), identity.uuid.size());
  identity.pack_seed = plan.seed;
  identity.pack_shuffle = plan.shuffle;
  identity.creator = fmt::format("hpctrain-pack {}", kVersion);
  identity.created_unix = settings.created_unix;
  return identity;
}

/// One record at a time: buffers for its rows, and the statistics of the records that count for them.
class RecordReader {
 public:
  RecordReader(Source& source, std::span<const data::FieldSchema> fields) : source_(source) {
    for (const data::FieldSchema& field : fields) {
      buffers_.emplace_back(field.row_bytes);
      statistics_.emplace_back(field);
    }
    for (std::vector<std::byte>& buffer : buffers_) {
      writable_.emplace_back(buffer);
      readable_.emplace_back(buffer);
    }
  }

  std::span<const std::span<const std::byte>> read(std::uint64_t record, bool counts) {
    source_.read_record(record, writable_);
    if (counts) {
      for (std::size_t f = 0; f < buffers_.size(); ++f) statistics_[f].add_row(buffers_[f]);
    }
    return readable_;
  }

  std::vector<data::FieldStatistics> statistics() const {
    std::vector<data::FieldStatistics> results;
    for (const StatisticsCollector& collector : statistics_) results.push_back(collector.result());
    return results;
  }

 private:
  Source& source_;
  std::vector<std::vector<std::byte>> buffers_;
  std::vector<std::span<std::byte>> writable_;
  std::vector<std::span<const std::byte>> readable_;
  std::vector<StatisticsCollector> statistics_;
};

void append_split(data::DatasetIndex& index, const std::string& name, std::uint64_t shard, std::uint64_t samples) {
  if (index.splits.empty() || index.splits.back().name != name) index.splits.push_back({name, shard, 0, 0});
  index.splits.back().shard_count += 1;
  index.splits.back().num_samples += samples;
}

data::DatasetIndex make_empty_index(const Source& source, const PackSettings& settings,
                                    const data::PackIdentity& identity) {
  data::DatasetIndex index;
  index.folder = settings.folder;
  index.uuid = identity.uuid;
  index.creator = identity.creator;
  index.source_kind = source.kind();
  index.pack_seed = identity.pack_seed;
  index.pack_shuffle = identity.pack_shuffle;
  index.fields = source.fields();
  return index;
}

/// Statistics are those of the training split; of everything where there is none.
void pack_shards(Source& source, const PackPlan& plan, const data::PackIdentity& identity, data::DatasetIndex& index,
                 const PackProgress& on_progress) {
  RecordReader reader(source, index.fields);
  const bool has_train = plan.splits[0].name == "train";
  std::uint64_t done = 0, total = 0;
  for (const PlannedSplit& split : plan.splits) total += split.records.size();
  for (std::size_t s = 0; s < plan.shards.size(); ++s) {
    const PlannedShard& planned = plan.shards[s];
    const PlannedSplit& split = plan.splits[planned.split];
    const std::string path = data::shard_path(s);
    data::ShardWriter writer(index.folder / path, identity, {s, plan.shards.size(), planned.count, done}, index.fields);
    for (std::uint64_t i = 0; i < planned.count; ++i) {
      const std::uint64_t record = split.records[planned.first + i];
      writer.append(record, reader.read(record, !has_train || split.name == "train"));
      if (on_progress && i % kProgressEvery == 0) on_progress(done + i, total);
    }
    index.shards.push_back(writer.commit());
    index.shards.back().path = path;
    append_split(index, split.name, s, planned.count);
    done += planned.count;
  }
  index.statistics = reader.statistics();
}

}  // namespace

data::DatasetIndex pack_dataset(Source& source, const PackSettings& given, const PackProgress& on_progress) {
  PackSettings settings = given;
  if (!settings.plan.validation_samples) settings.plan.validation_samples = source.default_validation_samples();
  const data::PackIdentity identity = make_identity(source, settings);
  data::DatasetIndex index = make_empty_index(source, settings, identity);
  for (const data::FieldSchema& field : index.fields) data::require_valid_schema(field, settings.folder.string());
  const PackPlan plan = plan_pack(source.splits(), record_bytes(index.fields), settings.plan);
  OutputFolder folder(settings.folder);
  posix_file_system().create_folders(settings.folder / data::kShardFolder);
  pack_shards(source, plan, identity, index, on_progress);
  data::save_manifest(index, identity);
  folder.keep();
  const std::uint64_t total = index.shards.back().first_sample + index.shards.back().num_samples;
  if (on_progress) on_progress(total, total);
  return index;
}

}  // namespace hpctrain::pack
