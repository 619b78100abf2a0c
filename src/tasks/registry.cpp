#include "tasks/registry.hpp"

#include <array>

#include "core/error.hpp"
#include "tasks/classification.hpp"
#include "tasks/contrastive.hpp"
#include "tasks/landmarks.hpp"

namespace hpctrain::tasks {
namespace {

constexpr std::array kTasks = {
    TaskEntry{"classification", "one label per image; cross-entropy, top-1, top-5, confusion", make_classification},
    TaskEntry{"contrastive", "no labels: two views of an image among all others; linear probe, nearest neighbours",
              make_contrastive},
    TaskEntry{"landmarks", "points in an image; Gaussian heatmaps, MRE, SD and SDR per landmark", make_landmarks},
};

}  // namespace

std::span<const TaskEntry> tasks() {
  return kTasks;
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const auto& entry : kTasks) names.emplace_back(entry.name);
  return names;
}

std::unique_ptr<Task> make_task(std::string_view name, const data::DatasetIndex& index, const TaskSettings& settings) {
  std::string known;
  for (const auto& entry : kTasks) {
    if (entry.name == name) return entry.make(index, settings);
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw Error(Fault::usage, "task.name: there is no task '" + std::string(name) + "'; choose one of: " + known);
}

}  // namespace hpctrain::tasks
