// Carries out what the command line asked for. Results go to `output`; errors are thrown.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "pack/command_line.hpp"
#include "pack/packer.hpp"

namespace hpctrain::pack {

struct CommandContext {
  std::filesystem::path program;  ///< hpctrain-pack itself, started again as the guarded index child
  std::ostream& output;
  PackProgress on_progress;  ///< samples packed, or bytes verified
};

/// Returns the exit code: 0, or 65 when `verify` found damage (each finding is a line of the output).
///   errors  as pack_dataset and index_dataset; Fault::usage
int run_command(const PackCommand& command, const CommandContext& context);

}  // namespace hpctrain::pack
