// Which of the records that are divided into folds belongs to which. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hpctrain::pack {

/// The fold, 0 … num_folds-1, of every record. `strata` holds one value per record, a label say: every fold gets its
/// share of each value, to one record. Folds differ in size by one record at most.
///   errors  Fault::usage when there are fewer records than folds
std::vector<std::uint64_t> plan_folds(std::span<const std::int64_t> strata, std::uint64_t num_folds,
                                      std::uint64_t seed);

}  // namespace hpctrain::pack
