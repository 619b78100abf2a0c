// The audit: which sample was in which step on which rank, one JSON object a line. It proves the promises about order
// from outside, so it is written from the very batches that were trained on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

namespace hpctrain::train {

class Audit {
 public:
  /// Appends to `folder`/rank-NNNNN.jsonl.   errors  Fault::storage
  Audit(const std::filesystem::path& folder, int rank);

  void begin_step(std::uint64_t epoch, std::uint64_t step);
  void add(const std::vector<std::uint64_t>& sample_ids);
  /// Writes the step's line; lost lines would make the proof worthless, so failing to write ends the run.
  ///   errors  Fault::storage
  void end_step();

 private:
  std::filesystem::path path_;
  std::ofstream file_;
  std::uint64_t epoch_ = 0;
  std::uint64_t step_ = 0;
  std::vector<std::uint64_t> ids_;
};

}  // namespace hpctrain::train
