// One fold of a cross-validation: which of a source's records train, which validate.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/dataset_index.hpp"
#include "pack/source.hpp"

namespace hpctrain::pack {

struct FoldChoice {
  std::uint64_t number = 1;            ///< from 1
  std::optional<std::uint64_t> count;  ///< unset: the folds that the source itself lists
};

struct FoldSplit {
  data::Fold fold;
  std::vector<SourceSplit> splits;  ///< the divided records as "train", then the source's other splits
  std::vector<bool> validates;      ///< of each record of the first split
};

/// Divides the training records, or all of a source that says so. With the source's own folds those listed train.
///   errors  Fault::usage when there is no such fold, or no training records, or a validation split already
FoldSplit plan_fold_split(const Source& source, const FoldChoice& choice, std::uint64_t seed);

}  // namespace hpctrain::pack
