// Proves from a run's audit that every epoch saw every sample exactly once, whatever kills and changes of the number of
// ranks lay between. Reads the audit only; knows no loader.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/file_system.hpp"

namespace hpctrain::tools {

struct AuditExpectation {
  std::uint64_t samples = 0;  ///< of the training split
  bool drops_tail = false;    ///< samples that fill no batch are left out of an epoch
};

struct AuditVerdict {
  std::uint64_t steps = 0;
  std::uint64_t samples = 0;
  std::uint64_t whole_epochs = 0;
  std::uint64_t starts = 0;
  std::vector<std::string> defects;  ///< one line each; empty: exact
};

/// Sample ids of every step as the last start made it, in rank order.
struct AuditedStep {
  std::uint64_t epoch = 0;
  std::uint64_t start = 0;
  std::vector<std::uint64_t> ids;
};
using AuditedSteps = std::map<std::uint64_t, AuditedStep>;

/// Every rank-NNNNN.jsonl of the folder; a torn line is passed over.
///   errors  Fault::data where a line is whole and no audit line; Fault::usage where there is no audit
AuditedSteps load_audit(FileSystem& files, const std::filesystem::path& run_folder);

/// Pure.
AuditVerdict check_audit(const AuditedSteps& steps, const AuditExpectation& expectation);

}  // namespace hpctrain::tools
