#include "checkpoint/save_report.hpp"

#include <nlohmann/json.hpp>

namespace hpctrain::checkpoint {
namespace {

using nlohmann::json;

json describe_failure(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return {{"fault", exit_code(error.fault())}, {"message", error.what()}};
  } catch (const std::exception& error) {
    return {{"fault", exit_code(Fault::bug)}, {"message", error.what()}};
  }
}

}  // namespace

std::string write_outcomes(const std::vector<BackgroundWriter::Outcome>& outcomes) {
  json list = json::array();
  for (const auto& outcome : outcomes) {
    json entry = {{"step", outcome.record.step},
                  {"steering", outcome.record.steering},
                  {"folder", outcome.committed.folder.string()},
                  {"seconds", outcome.seconds},
                  {"bytes", outcome.committed.bytes}};
    if (outcome.failure) entry["failure"] = describe_failure(outcome.failure);
    list.push_back(std::move(entry));
  }
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<SaveReport> read_reports(const std::string& text) {
  std::vector<SaveReport> reports;
  for (const json& entry : json::parse(text)) {
    SaveReport report{entry.at("step").get<std::uint64_t>(),  entry.at("steering"),
                      entry.at("folder").get<std::string>(),  entry.at("seconds").get<double>(),
                      entry.at("bytes").get<std::uint64_t>(), std::nullopt};
    if (entry.contains("failure")) {
      const json& failure = entry.at("failure");
      report.failure =
          Error(static_cast<Fault>(failure.at("fault").get<int>()), failure.at("message").get<std::string>())
              .as_agreed();
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace hpctrain::checkpoint
