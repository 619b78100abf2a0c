#include "tools/worst_samples.hpp"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace hpctrain::tools {
namespace {

void keep_worst(std::vector<tasks::SampleError>& samples, std::size_t most) {
  std::sort(samples.begin(), samples.end(), is_worse);
  if (samples.size() > most) samples.resize(most);
}

}  // namespace

bool is_worse(const tasks::SampleError& a, const tasks::SampleError& b) noexcept {
  return a.error != b.error ? a.error > b.error : a.sample_id < b.sample_id;
}

void WorstSamples::add(const std::vector<tasks::SampleError>& errors) {
  for (const auto& sample : errors) {
    worst_.push_back(sample);
    // What is no number is worst of all, and still has an order.
    if (!std::isfinite(sample.error)) worst_.back().error = std::numeric_limits<double>::max();
  }
  keep_worst(worst_, most_);
}

std::vector<tasks::SampleError> WorstSamples::gather(comm::Communicator& group) const {
  auto mine = nlohmann::json::array();
  for (const auto& sample : worst_) mine.push_back({sample.sample_id, sample.error, sample.words});
  std::vector<tasks::SampleError> all;
  const auto replace = nlohmann::json::error_handler_t::replace;
  for (const auto& text : comm::all_gather_text(group, mine.dump(-1, ' ', false, replace))) {
    for (const auto& sample : nlohmann::json::parse(text)) all.push_back({sample[0], sample[1], sample[2]});
  }
  keep_worst(all, most_);
  return all;
}

}  // namespace hpctrain::tools
