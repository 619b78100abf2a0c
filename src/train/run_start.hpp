// What is refused, and what is said to people, before a run's first step. Knows settings and facts, no loop.
#pragma once

#include <cstdint>
#include <string_view>

#include "data/dataset_index.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

/// errors  Fault::usage where eval.patience has nothing to judge by
void require_early_stopping_possible(const EvaluationSettings& settings, const data::DatasetIndex& index);

/// errors  Fault::usage where train.head-only-epochs would keep random weights
void require_weights_to_keep(const RunSettings& settings);

/// How results depend on ranks and micro-batches; nothing where they do not.
void say_what_results_depend_on(const RunSettings& settings, bool has_batch_statistics);

/// That the head learns alone, up to `last_step`.
void say_what_learns(std::string_view head, std::uint64_t last_step);

/// What of the optimizer's state this rank keeps, in bytes.
void say_what_is_sharded(std::uint64_t own_bytes, std::uint64_t whole_bytes);

}  // namespace hpctrain::train
