// What the user asked hpctrain-pack to do, checked and typed. Reads no file and packs nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pack/pack_plan.hpp"

namespace hpctrain::pack {

enum class Action { help, version, pack, info, verify, index };

struct PackCommand {
  Action action = Action::help;
  std::string kind;              ///< of the source, for Action::pack
  std::filesystem::path source;  ///< for Action::pack
  std::filesystem::path folder;  ///< of the data set
  PlanSettings plan;
  std::uint64_t num_classes = 10;
  std::vector<std::string> class_names;  ///< empty, or one per class
  bool json = false;
  std::optional<std::uint64_t> memory_limit_bytes;  ///< Action::index
  std::optional<std::uint64_t> cpu_limit_seconds;
};

/// `arguments` without the program's name.
///   errors  Fault::usage naming the argument and, for a mistyped word, the nearest valid one
PackCommand parse_command_line(std::span<const std::string> arguments);

/// Shown by --help.
std::string_view help_text() noexcept;

}  // namespace hpctrain::pack
