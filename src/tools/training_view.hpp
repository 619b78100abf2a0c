// A data set seen as a trained network sees it: images normalised by the statistics it was trained with.
#pragma once

#include <optional>

#include "data/dataset_index.hpp"
#include "data/image_window.hpp"

namespace hpctrain::tools {

/// `index` with the statistics of `trained_on`. Encoded pictures may be stored at other sizes where `image_size`, as
/// data.image-size says it, is what all are decoded to.
///   errors  Fault::usage when a field that both have is not the same in both: another size of images, other classes,
///           other landmarks
data::DatasetIndex view_as_trained(const data::DatasetIndex& index, const data::DatasetIndex& trained_on,
                                   std::optional<data::ImageSize> image_size);

}  // namespace hpctrain::tools
