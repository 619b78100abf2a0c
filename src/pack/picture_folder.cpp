#include "pack/picture_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "pack/image_file.hpp"
#include "pack/utf8.hpp"

namespace hpctrain::pack {
namespace {

namespace fs = std::filesystem;

struct SplitFolder {
  std::string_view folder;
  std::string_view split;
};
constexpr std::array<SplitFolder, 5> kSplitFolders{{{"train", "train"},
                                                    {"val", "validation"},
                                                    {"validation", "validation"},
                                                    {"valid", "validation"},
                                                    {"test", "test"}}};

[[noreturn]] void fail(const fs::path& path, const std::string& finding, const std::string& cure) {
  throw Error(Fault::data, fmt::format("{}: {}; {}", path.string(), finding, cure));
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

/// Names of the folders in `folder`, sorted bytewise; other files that are not hidden are counted.
std::vector<std::string> list_folders(const fs::path& folder, std::uint64_t& other_files) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_hidden(entry.path())) continue;
    if (entry.is_directory()) {
      names.push_back(entry.path().filename().string());
    } else {
      ++other_files;
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Folder and name of each split; empty where the folders of `root` are classes.
std::vector<std::pair<std::string, std::string>> find_splits(const fs::path& root,
                                                             const std::vector<std::string>& folders) {
  std::uint64_t ignored = 0;
  if (!contains(folders, "train") || list_folders(root / "train", ignored).empty()) return {};
  std::vector<std::pair<std::string, std::string>> splits;
  std::vector<std::string> others = folders;
  for (const auto& [folder, split] : kSplitFolders) {
    if (!contains(folders, folder)) continue;
    std::erase(others, folder);
    if (!splits.empty() && splits.back().second == split) {
      fail(root, fmt::format("holds both {} and {}, two folders of validation pictures", splits.back().first, folder),
           "move one of them away");
    }
    splits.emplace_back(folder, split);
  }
  if (splits.size() == 1) {
    if (others.empty()) return splits;
    return {};
  }
  if (!others.empty()) {
    fail(root / others[0], "stands beside the folders of the splits and is none itself", "move it away");
  }
  return splits;
}

/// Paths relative to `root` of the pictures anywhere below `folder`, sorted bytewise.
std::vector<std::string> list_pictures(const fs::path& root, const std::string& folder, std::uint64_t& other_files) {
  std::vector<std::string> paths;
  const fs::path start = root / folder;
  for (fs::recursive_directory_iterator entry(start), end; entry != end; ++entry) {
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_directory()) {
      if (entry->is_symlink()) ++other_files;
    } else if (has_image_name(entry->path())) {
      paths.push_back(folder + "/" + entry->path().lexically_relative(start).generic_string());
    } else {
      ++other_files;
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void require_class_names(const fs::path& folder, const std::vector<std::string>& names) {
  if (names.empty()) fail(folder, "holds no folders of classes", "give a folder that holds one for each class");
  for (const std::string& name : names) {
    const bool is_plain = std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 127; });
    if (!is_plain) fail(folder / name, "has a control character in its name", "rename it");
    if (!is_utf8(name)) fail(folder / name, "has a name that is no UTF-8", "rename it");
  }
  if (names.size() > std::numeric_limits<std::uint32_t>::max()) fail(folder, "holds too many classes", "give fewer");
}

PictureFolder list_all(const fs::path& root) {
  PictureFolder result;
  const std::vector<std::string> folders = list_folders(root, result.ignored_files);
  auto splits = find_splits(root, folders);
  const bool has_splits = !splits.empty();
  if (!has_splits) splits.emplace_back("", "train");
  for (const auto& [folder, split] : splits) {
    const std::vector<std::string> names = has_splits ? list_folders(root / folder, result.ignored_files) : folders;
    require_class_names(root / folder, names);
    if (split == "train") result.class_names = names;
    ListedSplit listed{split, {}};
    for (const std::string& name : names) {
      const auto place = std::lower_bound(result.class_names.begin(), result.class_names.end(), name);
      if (place == result.class_names.end() || *place != name) {
        fail(root / folder / name, "is a class that train has not", "add it there or move it away");
      }
      const auto label = static_cast<std::uint32_t>(place - result.class_names.begin());
      const std::vector<std::string> paths =
          list_pictures(root, has_splits ? folder + "/" + name : name, result.ignored_files);
      if (paths.empty()) {
        fail(root / folder / name, "holds no pictures (BMP, PNG or JPEG)", "add some or remove the folder");
      }
      for (const std::string& path : paths) listed.pictures.push_back({path, label});
    }
    result.splits.push_back(std::move(listed));
  }
  return result;
}

}  // namespace

PictureFolder list_picture_folder(const fs::path& folder) {
  try {
    if (!fs::exists(folder)) fail(folder, "is missing", "check the path");
    if (!fs::is_directory(folder)) fail(folder, "is no folder", "give the folder that holds one for each class");
    return list_all(folder);
  } catch (const fs::filesystem_error& error) {
    fail(error.path1(), fmt::format("cannot be listed ({})", error.code().message()), "see whether you may read it");
  }
}

}  // namespace hpctrain::pack
