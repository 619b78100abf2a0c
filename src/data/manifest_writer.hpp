// Writes manifest.h5, whose rename is the commit of the whole data set.
#pragma once

#include <filesystem>

#include "data/dataset_index.hpp"
#include "data/pack_identity.hpp"

namespace hpctrain::data {

/// `index` holds every shard as ShardWriter::commit returned it, with its path. The data set is read back as a training
/// run would before the manifest gets its name.
///   errors  Fault::storage; the temporary is removed and no manifest appears
void save_manifest(const DatasetIndex& index, const PackIdentity& identity);

}  // namespace hpctrain::data
