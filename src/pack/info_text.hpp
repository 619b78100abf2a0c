// What `info` and `verify` say, for people and as JSON.
#pragma once

#include <string>

#include "data/dataset_index.hpp"
#include "data/verify.hpp"

namespace hpctrain::pack {

std::string info_text(const data::DatasetIndex& index);
std::string info_json(const data::DatasetIndex& index);
std::string verify_text(const data::VerifyReport& report);
std::string verify_json(const data::VerifyReport& report);

}  // namespace hpctrain::pack
