// The list of problems. Adding one is one file and one line in registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/settings.hpp"
#include "tasks/task.hpp"

namespace hpctrain::tasks {

struct TaskEntry {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Task> (*make)(const data::DatasetIndex&, const TaskSettings&);
};

std::span<const TaskEntry> tasks();
std::vector<std::string> task_names();

///   errors  Fault::usage for an unknown name; Fault::data when the data set lacks a field that the task needs
///           Fault::usage for settings that the data set cannot serve
std::unique_ptr<Task> make_task(std::string_view name, const data::DatasetIndex& index,
                                const TaskSettings& settings = {});

}  // namespace hpctrain::tasks
