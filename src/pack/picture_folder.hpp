// Which pictures lie in a folder with a sub-folder for each class, and what splits it has. Opens no picture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hpctrain::pack {

struct ListedPicture {
  std::string path;  ///< relative to the folder, with slashes
  std::uint32_t label = 0;
};

struct ListedSplit {
  std::string name;
  std::vector<ListedPicture> pictures;  ///< class by class, names sorted bytewise
};

struct PictureFolder {
  std::vector<std::string> class_names;  ///< sorted bytewise
  std::vector<ListedSplit> splits;       ///< train, validation, test; those that are there
  std::uint64_t ignored_files = 0;       ///< no pictures by their names
};

/// FOLDER/CLASS/… is split train as a whole; where "train" holds folders and "val", "validation", "valid" or "test"
/// stands beside it, it is FOLDER/SPLIT/CLASS/…. Hidden files are passed over, links followed but for folders inside
/// classes.
///   errors  Fault::data naming the folder: missing, without classes, a class without pictures, a class that train has
///           not, two validation splits, something else beside the splits
PictureFolder list_picture_folder(const std::filesystem::path& folder);

}  // namespace hpctrain::pack
