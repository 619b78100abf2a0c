// How rank zero tells the others what its background saves came to.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/background_writer.hpp"
#include "checkpoint/checkpoint.hpp"

namespace hpctrain::checkpoint {

/// Outcomes as text. Failures keep fault and message.
std::string write_outcomes(const std::vector<BackgroundWriter::Outcome>& outcomes);

std::vector<SaveReport> read_reports(const std::string& text);

}  // namespace hpctrain::checkpoint
