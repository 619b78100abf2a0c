// The one error type of hpctrain and its exit codes. Libraries throw it; only main turns it into an exit status.
// Must not know who catches it: no logging, no MPI, no exit here.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hpctrain {

/// What went wrong, by who can mend it. The values are the process exit codes of the command-line contract.
enum class Fault : int {
  usage = 64,          ///< an option, a configuration file or a combination of them
  data = 65,           ///< a data set, shard or source file
  no_checkpoint = 66,  ///< checkpoints exist, none is valid
  bug = 70,            ///< a broken promise inside hpctrain
  device = 71,         ///< GPU missing, unsuited or failing
  fenced = 73,         ///< a newer start of the same run took over
  storage = 74,        ///< disk full, read-only or failing
  stopped = 75,        ///< ended early; the same command continues (signal, wall time, hang, dead peer)
  comm = 76,           ///< communication cannot be set up; starting again changes nothing
};

constexpr int exit_code(Fault fault) noexcept {
  return static_cast<int>(fault);
}
std::string_view fault_name(Fault fault) noexcept;

/// Where a check stands in the source. `std::source_location` does not compile under clang 14, hence the built-ins.
struct CodeLocation {
  const char* file;
  int line;

  static constexpr CodeLocation here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

/// Message = what was attempted, what was found, what to do; one line, no trailing full stop needed.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& message) : std::runtime_error(message), fault_(fault) {}

  Fault fault() const noexcept { return fault_; }

  /// True when every rank throws this same error at the same point, so that one of them may speak for all
  /// and all can leave in order.
  bool is_agreed() const noexcept { return is_agreed_; }
  Error as_agreed() const {
    Error copy = *this;
    copy.is_agreed_ = true;
    return copy;
  }

 private:
  Fault fault_;
  bool is_agreed_ = false;
};

/// Throws Error(fault, message) unless `holds`.
inline void require(bool holds, Fault fault, const std::string& message) {
  if (!holds) throw Error(fault, message);
}

/// For promises that only a bug can break: names the line that asked.
///   errors  Fault::bug
void require_invariant(bool holds, std::string_view what, CodeLocation where = CodeLocation::here());

}  // namespace hpctrain
