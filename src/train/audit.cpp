#include "train/audit.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace hpctrain::train {

Audit::Audit(const std::filesystem::path& folder, int rank) : path_(folder / fmt::format("rank-{:05d}.jsonl", rank)) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  file_.open(path_, std::ios::app);
  require(file_.good(), Fault::storage,
          path_.string() + ": cannot be opened for writing; free the path or run without run.audit");
}

void Audit::begin_step(std::uint64_t epoch, std::uint64_t step) {
  epoch_ = epoch;
  step_ = step;
  ids_.clear();
}

void Audit::add(const std::vector<std::uint64_t>& sample_ids) {
  ids_.insert(ids_.end(), sample_ids.begin(), sample_ids.end());
}

void Audit::end_step() {
  file_ << nlohmann::json{{"epoch", epoch_}, {"step", step_}, {"ids", ids_}}.dump() << '\n';
  file_.flush();
  require(file_.good(), Fault::storage,
          path_.string() + ": writing failed (disk full?); free space, the same command continues");
}

}  // namespace hpctrain::train
