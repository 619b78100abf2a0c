#include "core/error.hpp"

namespace hpctrain {

std::string_view fault_name(Fault fault) noexcept {
  switch (fault) {
    case Fault::usage:
      return "usage";
    case Fault::data:
      return "bad data";
    case Fault::no_checkpoint:
      return "no valid checkpoint";
    case Fault::bug:
      return "internal error";
    case Fault::device:
      return "device";
    case Fault::fenced:
      return "fenced";
    case Fault::storage:
      return "storage";
    case Fault::stopped:
      return "stopped";
    case Fault::comm:
      return "communication";
  }
  return "unknown";
}

void require_invariant(bool holds, std::string_view what, CodeLocation where) {
  if (holds) return;
  throw Error(Fault::bug, std::string(where.file) + ":" + std::to_string(where.line) + ": " + std::string(what) +
                              "; this is a bug in hpctrain, please report it with this line");
}

}  // namespace hpctrain
