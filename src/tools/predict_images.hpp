// What a trained network says about pictures from outside: one table, and for landmarks an overlay of each picture.
// (one process)
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/file_system.hpp"
#include "data/dataset_index.hpp"
#include "tools/saved_network.hpp"

namespace hpctrain::tools {

/// How pictures for classification meet the network's size.
enum class FitWish {
  automatic,  ///< cropped where the packer brought pictures to one size; those that kept theirs are stretched, as the
              ///< loader does in evaluation
  crop,
  pad
};

struct PredictionWish {
  std::vector<std::filesystem::path> images;
  std::filesystem::path folder;      ///< for predictions.csv and NAME-overlay.png
  std::filesystem::path truth;       ///< landmarks to compare with, as pack::make_film_source takes it; may be empty
  std::optional<double> spacing_mm;  ///< millimetres per original pixel; unset: as the truth says
  FitWish fit = FitWish::automatic;
  data::FieldSchema stored;  ///< the data set's pictures as they are stored, before the loader delivers them
};

/// Returns what was written, in a few lines.
///   errors  Fault::data naming the picture that cannot be read; headers and truth are looked at before anything is
///           written, and predictions.csv appears last
///           Fault::usage  a truth that knows none of the pictures; two pictures of one name
///           Fault::storage
std::string predict_images(FileSystem& files, const SavedNetwork& saved, const data::DatasetIndex& index,
                           const torch::Device& device, const PredictionWish& wish);

}  // namespace hpctrain::tools
