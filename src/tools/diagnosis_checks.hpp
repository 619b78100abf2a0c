// The single checks of diagnosis.hpp, by what they look at. Each is empty when nothing was asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/diagnosis.hpp"

namespace hpctrain::tools {

using CheckResult = std::optional<Finding>;

// diagnosis_ranks.cpp: how the ranks were started and what each has
CheckResult check_launch(const PreflightFacts& facts);
CheckResult check_equality(const PreflightFacts& facts);
CheckResult check_processors(const PreflightFacts& facts);
CheckResult check_limits(const PreflightFacts& facts);

// diagnosis_gpus.cpp
CheckResult check_driver(const PreflightFacts& facts);
CheckResult check_gpus(const PreflightFacts& facts);

// diagnosis_storage.cpp: what is read and written
CheckResult check_data(const PreflightFacts& facts);
CheckResult check_reading(const PreflightFacts& facts);
CheckResult check_data_locks(const PreflightFacts& facts);
CheckResult check_cache(const PreflightFacts& facts);
CheckResult check_run_folder(const PreflightFacts& facts);
CheckResult check_writing(const PreflightFacts& facts);

// diagnosis_job.cpp: time, clocks, what joins the ranks
CheckResult check_time_left(const PreflightFacts& facts);
CheckResult check_clocks(const PreflightFacts& facts);
CheckResult check_sums_within(const PreflightFacts& facts);
CheckResult check_sums_between(const PreflightFacts& facts);
CheckResult check_shared_memory(const PreflightFacts& facts);

Finding good(std::string check, std::string found);
Finding warning(std::string check, std::string found, std::string cure);
Finding failure(std::string check, Fault fault, std::string found, std::string cure);

/// "what was found; what to do" in its two halves, the latter `other_cure` where the message has none.
Finding failure_from(std::string check, Fault fault, const std::string& message, const std::string& other_cure);

/// "rank 3 on n2".
std::string name_of(const RankFacts& rank);

/// "n1, n2 and 3 more".
std::string join_hosts(const std::vector<std::string>& hosts);

/// "1 rank", "4 ranks".
std::string count_of(std::size_t count, const std::string& thing);

std::vector<const RankFacts*> ranks_of_node(const PreflightFacts& facts, int node);

}  // namespace hpctrain::tools
