#include "train/audit.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <system_error>

namespace hpctrain::train {

namespace {

std::filesystem::path make_path(const std::filesystem::path& folder, int rank) {
  std::error_code ignored;  // opening the file tells it better
  std::filesystem::create_directories(folder, ignored);
  return folder / fmt::format("rank-{:05d}.jsonl", rank);
}

}  // namespace

Audit::Audit(const std::filesystem::path& folder, int rank) : file_(make_path(folder, rank)) {}

void Audit::begin_step(std::uint64_t epoch, std::uint64_t step) {
  epoch_ = epoch;
  step_ = step;
  ids_.clear();
}

void Audit::add(const std::vector<std::uint64_t>& sample_ids) {
  ids_.insert(ids_.end(), sample_ids.begin(), sample_ids.end());
}

void Audit::end_step() {
  file_.append_line(nlohmann::json{{"start", start_}, {"epoch", epoch_}, {"step", step_}, {"ids", ids_}}.dump());
}

}  // namespace hpctrain::train
