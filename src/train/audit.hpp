// The audit: which sample was in which step on which rank, one JSON object a line. It proves the promises about order
// from outside, so it is written from the very batches that were trained on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/append_file.hpp"

namespace hpctrain::train {

class Audit {
 public:
  /// Appends to `folder`/rank-NNNNN.jsonl.   errors  Fault::storage
  Audit(const std::filesystem::path& folder, int rank);

  /// Number of this start of the run, greater than any before it: lines of a step that a later start made anew are
  /// void.
  void begin_start(std::uint64_t start) { start_ = start; }
  void begin_step(std::uint64_t epoch, std::uint64_t step);
  void add(const std::vector<std::uint64_t>& sample_ids);
  /// Writes the step's line; lost lines would make the proof worthless, so failing to write ends the run.
  ///   errors  Fault::storage
  void end_step();

 private:
  AppendFile file_;
  std::uint64_t start_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t step_ = 0;
  std::vector<std::uint64_t> ids_;
};

}  // namespace hpctrain::train
