// See fold_plan.hpp.
#include "pack/fold_plan.hpp"

#include <fmt/format.h>

#include <map>

#include "core/error.hpp"
#include "core/feistel.hpp"
#include "core/philox.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint32_t kFoldOperation = 0x666f6c64;  // "fold": apart from the shuffle

}  // namespace

std::vector<std::uint64_t> plan_folds(std::span<const std::int64_t> strata, std::uint64_t num_folds,
                                      std::uint64_t seed) {
  require(num_folds <= strata.size(), Fault::usage,
          fmt::format("--folds {}: there are {} samples to divide; give fewer", num_folds, strata.size()));
  std::map<std::int64_t, std::vector<std::uint64_t>> members;
  for (std::uint64_t i = 0; i < strata.size(); ++i) members[strata[i]].push_back(i);
  std::vector<std::uint64_t> folds(strata.size());
  std::uint64_t next = 0, stratum = 0;
  for (const auto& [value, records] : members) {
    const FeistelPermutation permutation(records.size(), derive_key(seed, stratum++, kFoldOperation));
    // Counted on from stratum to stratum: else all small ones would fall into the first folds.
    for (std::uint64_t i = 0; i < records.size(); ++i) folds[records[permutation(i)]] = next++ % num_folds;
  }
  return folds;
}

}  // namespace hpctrain::pack
