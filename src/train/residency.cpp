#include "train/residency.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text_format.hpp"

namespace hpctrain::train {
namespace {

std::ptrdiff_t place(std::size_t field) {
  return static_cast<std::ptrdiff_t>(field);
}

}  // namespace

bool plan_residency(Residency wish, const ResidencyFacts& facts) {
  const bool fits = !facts.free_bytes || facts.split_bytes <= *facts.free_bytes / 2;
  if (wish == Residency::automatic) return facts.free_bytes && fits && !facts.is_cut_when_decoded;
  if (wish == Residency::off) return false;
  require(!facts.is_cut_when_decoded, Fault::usage,
          "data.resident on: random-resized-crop decodes another part of each stored picture in each epoch, so there "
          "is nothing to keep; take auto, or another data.augment");
  require(
      fits, Fault::usage,
      fmt::format("data.resident on: the training images take {}, more than half of the device's free memory{}; take "
                  "auto, or a smaller data.image-size",
                  format_bytes(facts.split_bytes),
                  facts.free_bytes ? fmt::format(" ({} are free)", format_bytes(*facts.free_bytes)) : ""));
  return true;
}

std::uint64_t delivered_bytes(const data::DatasetIndex& delivered, const data::Split& split, std::size_t field) {
  return split.num_samples * delivered.fields.at(field).row_bytes;
}

data::DatasetIndex without_field(const data::DatasetIndex& index, std::size_t field) {
  data::DatasetIndex slim = index;
  slim.fields.erase(slim.fields.begin() + place(field));
  slim.statistics.erase(slim.statistics.begin() + place(field));
  for (auto& shard : slim.shards) shard.fields.erase(shard.fields.begin() + place(field));
  return slim;
}

}  // namespace hpctrain::train
