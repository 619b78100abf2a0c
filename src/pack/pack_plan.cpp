// See pack_plan.hpp.
#include "pack/pack_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "core/feistel.hpp"
#include "core/integer_division.hpp"
#include "core/philox.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint32_t kPackOperation = 0x7061636b;  // "pack": apart from the draws of training
constexpr std::uint64_t kLeastShardBytes = 8ull << 20;
constexpr std::uint64_t kMostShardBytes = 512ull << 20;
constexpr std::uint64_t kShardsAimedAt = 64;

/// Records [first, first + count) in a seeded order.
std::vector<std::uint64_t> shuffled_records(std::uint64_t first, std::uint64_t count, std::uint64_t key) {
  std::vector<std::uint64_t> records;
  if (count == 0) return records;
  const FeistelPermutation permutation(count, key);
  records.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) records.push_back(first + permutation(i));
  return records;
}

/// The validation samples are drawn at random even where nothing is shuffled: sources are often sorted by label.
PlannedSplit carve_validation(PlannedSplit& train, std::uint64_t count) {
  require(
      count < train.records.size(), Fault::usage,
      fmt::format("--validation {} leaves none of the {} training samples; give fewer", count, train.records.size()));
  const auto middle = train.records.begin() + static_cast<std::ptrdiff_t>(count);
  PlannedSplit validation{"validation", {train.records.begin(), middle}};
  train.records.erase(train.records.begin(), middle);
  return validation;
}

PlannedSplit take_fold(PlannedSplit& train, const std::vector<bool>& validates) {
  const auto middle = std::stable_partition(train.records.begin(), train.records.end(),
                                            [&](std::uint64_t record) { return !validates[record]; });
  PlannedSplit validation{"validation", {middle, train.records.end()}};
  train.records.erase(middle, train.records.end());
  return validation;
}

std::vector<PlannedSplit> plan_splits(std::span<const SourceSplit> sources, const PlanSettings& settings,
                                      const std::vector<bool>& validates) {
  std::vector<PlannedSplit> splits;
  std::uint64_t first = 0;
  for (const SourceSplit& source : sources) {
    require(source.name != "validation" || settings.validation_samples.value_or(0) == 0, Fault::usage,
            fmt::format("--validation {}: the source has {} validation samples of its own; leave the option out",
                        settings.validation_samples.value_or(0), source.num_samples));
    PlannedSplit split{source.name,
                       shuffled_records(first, source.num_samples, derive_key(settings.seed, first, kPackOperation))};
    first += source.num_samples;
    if (split.records.empty()) continue;
    std::optional<PlannedSplit> validation;
    if (splits.empty() && !validates.empty()) {
      require_invariant(validates.size() == source.num_samples, "a fold says of every record whether it validates");
      validation = take_fold(split, validates);
    } else if (source.name == "train" && settings.validation_samples.value_or(0) > 0) {
      validation = carve_validation(split, *settings.validation_samples);
    }
    splits.push_back(std::move(split));
    if (validation) splits.push_back(std::move(*validation));
  }
  if (!settings.shuffle) {
    for (PlannedSplit& split : splits) std::sort(split.records.begin(), split.records.end());
  }
  return splits;
}

}  // namespace

PackPlan plan_pack(std::span<const SourceSplit> sources, std::uint64_t record_bytes, const PlanSettings& settings,
                   const std::vector<bool>& validates) {
  PackPlan plan;
  plan.splits = plan_splits(sources, settings, validates);
  require(!plan.splits.empty(), Fault::data, "the source holds no records; give one that does");
  require(settings.validation_samples.value_or(0) == 0 || plan.splits[0].name == "train", Fault::usage,
          fmt::format("--validation {}: the source has no training samples to take them from; leave the option out",
                      settings.validation_samples.value_or(0)));
  std::uint64_t total = 0;
  for (const PlannedSplit& split : plan.splits) total += split.records.size();
  const std::uint64_t target = settings.shard_target_bytes.value_or(
      std::clamp(total * record_bytes / kShardsAimedAt, kLeastShardBytes, kMostShardBytes));
  const std::uint64_t most_records = std::max<std::uint64_t>(1, target / record_bytes);
  for (std::size_t s = 0; s < plan.splits.size(); ++s) {
    const std::uint64_t records = plan.splits[s].records.size();
    const std::uint64_t shards = divide_up(records, most_records);
    for (std::uint64_t i = 0; i < shards; ++i) {
      const std::uint64_t begin = i * records / shards;
      plan.shards.push_back({s, begin, (i + 1) * records / shards - begin});
    }
  }
  return plan;
}

}  // namespace hpctrain::pack
