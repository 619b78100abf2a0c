#include "pack/class_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "core/error.hpp"
#include "pack/utf8.hpp"

namespace hpctrain::pack {

std::vector<std::string> read_class_list(const std::filesystem::path& path, std::size_t count,
                                         std::string_view archive) {
  std::ifstream file(path);
  require(file.good(), Fault::data,
          fmt::format("{}: is missing or cannot be read; unpack {} anew (datasets/ says where to get it)",
                      path.string(), archive));
  std::vector<std::string> names;
  for (std::string line; names.size() <= count && std::getline(file, line);) {
    const std::size_t end = line.find_last_not_of(" \t\r");
    if (end == std::string::npos) continue;
    names.push_back(line.substr(0, end + 1));
    require(is_utf8(names.back()), Fault::data,
            fmt::format("{}: line {} is no UTF-8; unpack {} anew", path.string(), names.size(), archive));
  }
  require(names.size() == count, Fault::data,
          fmt::format("{}: names {}{} classes, not {}; unpack {} anew", path.string(),
                      names.size() > count ? "more than " : "", std::min(names.size(), count), count, archive));
  return names;
}

}  // namespace hpctrain::pack
