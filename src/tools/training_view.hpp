// A data set seen as a trained network sees it: images normalised by the statistics it was trained with.
#pragma once

#include "data/dataset_index.hpp"

namespace hpctrain::tools {

/// `index` with the statistics of `trained_on`.
///   errors  Fault::usage when a field that both have is not the same in both: another size of images, other classes,
///           other landmarks
data::DatasetIndex view_as_trained(const data::DatasetIndex& index, const data::DatasetIndex& trained_on);

}  // namespace hpctrain::tools
