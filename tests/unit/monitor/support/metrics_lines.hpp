// metrics.jsonl as a script reads it.
#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "core/file_system.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain::test {

/// Lines that are no JSON are discarded values.
inline std::vector<nlohmann::json> lines_of(const TemporaryFolder& folder) {
  std::istringstream text(posix_file_system().read_file(folder / "metrics.jsonl"));
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line, nullptr, false));
  return lines;
}

}  // namespace hpctrain::test
