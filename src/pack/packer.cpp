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
#include "pack/fold_split.hpp"
#include "pack/output_folder.hpp"
#include "pack/record_readers.hpp"
#include "pack/statistics.hpp"

namespace hpctrain::pack {
namespace {

std::uint64_t record_bytes(const Source& source, std::span<const data::FieldSchema> fields) {
  std::uint64_t bytes = sizeof(std::uint64_t) + source.expected_encoded_bytes();  // with its sample id
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
  if (settings.fold) digest.update(fmt::format("fold {} of {}\n", settings.fold->number, *settings.fold->count));
  const Sha256::Value value = digest.value();
  data::PackIdentity identity;
  std::memcpy(identity.uuid.data(), value.data(), identity.uuid.size());
  identity.pack_seed = plan.seed;
  identity.pack_shuffle = plan.shuffle;
  identity.creator = fmt::format("hpctrain-pack {}", kVersion);
  identity.created_unix = settings.created_unix;
  return identity;
}

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

ReadingOrder reading_order(const PackPlan& plan) {
  ReadingOrder order;
  for (const PlannedSplit& split : plan.splits) {
    order.records.insert(order.records.end(), split.records.begin(), split.records.end());
  }
  const bool has_train = plan.splits[0].name == "train";
  order.counted = has_train ? plan.splits[0].records.size() : order.records.size();
  return order;
}

/// Statistics are those of the training split; of everything where there is none.
class ShardPacker {
 public:
  ShardPacker(const Source& source, const PackPlan& plan, const PackSettings& settings, data::DatasetIndex& index,
              const PackProgress& on_progress)
      : plan_(plan),
        index_(index),
        on_progress_(on_progress),
        order_(reading_order(plan)),
        total_(order_.records.size()),
        readers_(source, index.fields, order_, record_bytes(source, index.fields), settings.threads) {
    for (const data::FieldSchema& field : index.fields) statistics_.emplace_back(field);
  }

  void pack(const data::PackIdentity& identity) {
    for (std::size_t s = 0; s < plan_.shards.size(); ++s) {
      const PlannedShard& planned = plan_.shards[s];
      const std::string path = data::shard_path(s);
      const data::ShardPlace place{s, plan_.shards.size(), planned.count, done_};
      data::ShardWriter writer(index_.folder / path, identity, place, index_.fields);
      for (std::uint64_t i = 0; i < planned.count; ++i) append_next(writer);
      index_.shards.push_back(writer.commit());
      index_.shards.back().path = path;
      append_split(index_, plan_.splits[planned.split].name, s, planned.count);
    }
    for (const StatisticsCollector& collector : statistics_) index_.statistics.push_back(collector.result());
  }

 private:
  void append_next(data::ShardWriter& writer) {
    const ReadRecord& record = readers_.next();
    const std::vector<std::span<const std::byte>> rows(record.rows.begin(), record.rows.end());
    writer.append(record.record, rows, record.dims);
    for (std::size_t f = 0; f < record.statistics.size(); ++f) statistics_[f].add(record.statistics[f]);
    if (on_progress_) on_progress_(done_, total_);
    ++done_;
  }

  const PackPlan& plan_;
  data::DatasetIndex& index_;
  const PackProgress& on_progress_;
  ReadingOrder order_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::vector<StatisticsCollector> statistics_;
  RecordReaders readers_;
};

/// What a fold makes of the source's splits; these themselves where none is chosen.
FoldSplit choose_fold(const Source& source, const PackSettings& settings) {
  if (settings.fold) return plan_fold_split(source, *settings.fold, settings.plan.seed);
  return {{}, source.splits(), {}};
}

}  // namespace

data::DatasetIndex pack_dataset(const Source& source, const PackSettings& given, const PackProgress& on_progress) {
  PackSettings settings = given;
  const FoldSplit fold = choose_fold(source, settings);
  if (settings.fold) {
    require(!settings.plan.validation_samples, Fault::usage,
            "--validation and --fold: the fold says which samples validate; give one of them");
    settings.fold->count = fold.fold.count;
  } else if (!settings.plan.validation_samples) {
    settings.plan.validation_samples = source.default_validation_samples();
  }
  const data::PackIdentity identity = make_identity(source, settings);
  data::DatasetIndex index = make_empty_index(source, settings, identity);
  if (settings.fold) index.fold = fold.fold;
  for (const data::FieldSchema& field : index.fields) data::require_valid_schema(field, settings.folder.string());
  const PackPlan plan = plan_pack(fold.splits, record_bytes(source, index.fields), settings.plan, fold.validates);
  OutputFolder folder(settings.folder);
  posix_file_system().create_folders(settings.folder / data::kShardFolder);
  ShardPacker(source, plan, settings, index, on_progress).pack(identity);
  data::save_manifest(index, identity);
  folder.keep();
  const std::uint64_t total = index.shards.back().first_sample + index.shards.back().num_samples;
  if (on_progress) on_progress(total, total);
  return index;
}

}  // namespace hpctrain::pack
