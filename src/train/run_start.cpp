#include "train/run_start.hpp"

#include <string>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/text_format.hpp"
#include "train/reproducible_mode.hpp"

namespace hpctrain::train {

void require_early_stopping_possible(const EvaluationSettings& settings, const data::DatasetIndex& index) {
  require(
      !settings.patience || index.has_split("validation"), Fault::usage,
      "eval.patience: " + index.folder.string() +
          " has no split validation, and ending by a test split would be cheating; pack it again with --validation");
  require(!settings.patience || settings.every_epochs > 0, Fault::usage,
          "eval.patience counts evaluations while training, and eval.every-epochs is 0; give it 1 or more");
}

void require_weights_to_keep(const RunSettings& settings) {
  require(
      settings.train.head_only_epochs == 0 || !settings.init.empty(), Fault::usage,
      "train.head-only-epochs keeps all weights but the head's as they are, and without model.init those are random; "
      "give a file to start from, or leave it away");
}

void say_what_results_depend_on(const RunSettings& settings, bool has_batch_statistics) {
  if (!has_batch_statistics || is_reproducible(settings.train)) return;
  if (settings.sync_batch_norm) {
    log_info("{} normalises over one micro-batch of all ranks: its results depend on ranks × train.micro-batch",
             settings.network);
  } else {
    log_info(
        "{} normalises over each micro-batch of a rank: its results depend on the number of ranks and on "
        "train.micro-batch; train.micro-shards or model.sync-bn make them depend on less",
        settings.network);
  }
}

void say_what_learns(std::string_view head, std::uint64_t last_step) {
  log_info("the head {} learns alone up to step {}, then everything (train.head-only-epochs)", head, last_step);
}

void say_what_is_sharded(std::uint64_t own_bytes, std::uint64_t whole_bytes) {
  log_info("optimizer state {} of {} on this rank (optim.shard)", format_bytes(own_bytes), format_bytes(whole_bytes));
}

}  // namespace hpctrain::train
