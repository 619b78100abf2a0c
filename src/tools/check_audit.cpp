#include "tools/check_audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/error.hpp"

namespace hpctrain::tools {
namespace {

struct Line {
  std::uint64_t step = 0;
  AuditedStep content;
};

Line read_line(const nlohmann::json& object, const std::filesystem::path& path) {
  try {
    return {object.at("step").get<std::uint64_t>(),
            {object.at("epoch").get<std::uint64_t>(), object.at("start").get<std::uint64_t>(),
             object.at("ids").get<std::vector<std::uint64_t>>()}};
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::data, path.string() + " holds a line that is no audit of a step: " + error.what() +
                                 "; was it written by this version of hpctrain?");
  }
}

void add_line(AuditedSteps& steps, Line line) {
  AuditedStep& known = steps[line.step];
  if (line.content.start > known.start) known = {line.content.epoch, line.content.start, {}};
  if (line.content.start < known.start) return;  // made anew by a later start
  known.epoch = line.content.epoch;
  known.ids.insert(known.ids.end(), line.content.ids.begin(), line.content.ids.end());
}

void check_steps_follow(const AuditedSteps& steps, AuditVerdict& verdict) {
  std::uint64_t expected = 1;
  for (const auto& [number, step] : steps) {
    if (number != expected) {
      verdict.defects.push_back(fmt::format("steps {} to {} are missing", expected, number - 1));
    }
    expected = number + 1;
  }
}

void check_epoch(std::uint64_t epoch, const std::vector<const AuditedStep*>& steps, bool is_whole,
                 const AuditExpectation& expectation, AuditVerdict& verdict) {
  std::set<std::uint64_t> seen;
  std::size_t most = 0;
  for (const AuditedStep* step : steps) {
    most = std::max(most, step->ids.size());
    for (const std::uint64_t id : step->ids) {
      if (!seen.insert(id).second) verdict.defects.push_back(fmt::format("epoch {}: sample {} twice", epoch, id));
    }
    verdict.samples += step->ids.size();
  }
  if (!is_whole) return;
  ++verdict.whole_epochs;
  const std::uint64_t missing = expectation.samples - std::min<std::uint64_t>(seen.size(), expectation.samples);
  const std::uint64_t allowed = expectation.drops_tail ? expectation.samples % std::max<std::size_t>(most, 1) : 0;
  if (missing != allowed || seen.size() > expectation.samples) {
    verdict.defects.push_back(
        fmt::format("epoch {}: {} of {} samples were seen", epoch, seen.size(), expectation.samples));
  }
}

}  // namespace

AuditedSteps load_audit(FileSystem& files, const std::filesystem::path& run_folder) {
  const auto folder = run_folder / "audit";
  require(files.exists(folder), Fault::usage,
          run_folder.string() + " holds no audit; train with --run.audit to have one");
  AuditedSteps steps;
  for (const std::string& name : files.list_folder(folder)) {  // sorted: rank order
    if (!name.ends_with(".jsonl")) continue;
    std::istringstream text(files.read_file(folder / name));
    for (std::string line; std::getline(text, line);) {
      const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (!object.is_discarded()) add_line(steps, read_line(object, folder / name));
    }
  }
  return steps;
}

AuditVerdict check_audit(const AuditedSteps& steps, const AuditExpectation& expectation) {
  AuditVerdict verdict;
  verdict.steps = steps.size();
  check_steps_follow(steps, verdict);
  std::map<std::uint64_t, std::vector<const AuditedStep*>> epochs;
  std::set<std::uint64_t> starts;
  for (const auto& [number, step] : steps) {
    epochs[step.epoch].push_back(&step);
    starts.insert(step.start);
  }
  verdict.starts = starts.size();
  for (const auto& [epoch, members] : epochs) {
    std::uint64_t samples = 0;
    for (const AuditedStep* step : members) samples += step->ids.size();
    const bool is_whole = epoch != epochs.rbegin()->first || samples >= expectation.samples;
    check_epoch(epoch, members, is_whole, expectation, verdict);
  }
  return verdict;
}

}  // namespace hpctrain::tools
