// What the user asked hpctrain-pack to do, checked and typed. Reads no file and packs nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "pack/fold_split.hpp"
#include "pack/pack_plan.hpp"
#include "pack/source_kind.hpp"

namespace hpctrain::pack {

enum class Action { help, version, pack, phantom, info, verify, index };

struct PackCommand {
  Action action = Action::help;
  std::string kind;              ///< of the source, for Action::pack
  SourceSettings source;         ///< for Action::pack
  std::filesystem::path folder;  ///< of the data set
  PlanSettings plan;
  std::optional<FoldChoice> fold;
  std::optional<std::uint64_t> threads;        ///< Action::pack; unset: one for each CPU
  std::optional<std::uint64_t> phantom_count;  ///< Action::phantom
  bool json = false;
  std::optional<std::uint64_t> memory_limit_bytes;  ///< Action::index
  std::optional<std::uint64_t> cpu_limit_seconds;
};

/// `arguments` without the program's name.
///   errors  Fault::usage naming the argument and, for a mistyped word, the nearest valid one
PackCommand parse_command_line(std::span<const std::string> arguments);

/// Shown by --help.
std::string help_text();

}  // namespace hpctrain::pack
