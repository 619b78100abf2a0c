// Turns a source into a packed data set: all of it, or nothing that looks like one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "data/dataset_index.hpp"
#include "pack/fold_split.hpp"
#include "pack/pack_plan.hpp"
#include "pack/source.hpp"

namespace hpctrain::pack {

struct PackSettings {
  std::filesystem::path folder;
  PlanSettings plan;
  std::int64_t created_unix = 0;     ///< the moment to record; a fixed one gives byte-equal files
  std::size_t threads = 1;           ///< that read records; as many as these pictures are decoded at once
  std::optional<FoldChoice> fold{};  ///< train and validation as one fold of a cross-validation has them
};

using PackProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Packs every record. The same source and settings give the same bytes and the same uuid, at any number of threads.
///   errors  Fault::usage about the folder or the settings; Fault::data of the source; Fault::storage, for a full disk
///   as
///           well; after an error nothing stays in the folder
data::DatasetIndex pack_dataset(const Source& source, const PackSettings& settings,
                                const PackProgress& on_progress = {});

}  // namespace hpctrain::pack
