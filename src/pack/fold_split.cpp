// See fold_split.hpp.
#include "pack/fold_split.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "pack/fold_plan.hpp"

namespace hpctrain::pack {
namespace {

std::vector<SourceSplit> divided_splits(const Source& source) {
  std::vector<SourceSplit> splits = source.splits();
  if (source.folds_cover_all_splits()) {
    SourceSplit all{"train", 0};
    for (const SourceSplit& split : splits) all.num_samples += split.num_samples;
    return {all};
  }
  require(!splits.empty() && splits[0].name == "train", Fault::usage,
          "--fold: the source has no training samples to divide; leave the option out");
  for (const SourceSplit& split : splits) {
    require(split.name != "validation", Fault::usage,
            fmt::format("--fold: the source has {} validation samples of its own; leave the option out, or move them "
                        "to the training samples",
                        split.num_samples));
  }
  return splits;
}

std::vector<bool> divide(const Source& source, std::uint64_t samples, const data::Fold& fold, std::uint64_t seed) {
  std::vector<std::int64_t> strata = source.strata();
  strata.resize(samples);
  const std::vector<std::uint64_t> folds = plan_folds(strata, fold.count, seed);
  std::vector<bool> validates;
  for (const std::uint64_t number : folds) validates.push_back(number + 1 == fold.number);
  return validates;
}

}  // namespace

FoldSplit plan_fold_split(const Source& source, const FoldChoice& choice, std::uint64_t seed) {
  FoldSplit split{{choice.number, choice.count.value_or(0)}, divided_splits(source), {}};
  const std::uint64_t samples = split.splits[0].num_samples;
  std::vector<std::vector<std::uint64_t>> own;
  if (!choice.count) {
    own = source.own_training_folds();
    split.fold.count = own.size();
  }
  require(choice.number >= 1 && choice.number <= split.fold.count, Fault::usage,
          fmt::format("--fold {}: there are folds 1 to {}", choice.number, split.fold.count));
  if (choice.count) {
    split.validates = divide(source, samples, split.fold, seed);
    return split;
  }
  split.validates.assign(samples, true);
  for (const std::uint64_t record : own[choice.number - 1]) split.validates[record] = false;
  return split;
}

}  // namespace hpctrain::pack
