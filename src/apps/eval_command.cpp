// `hpctrain eval RUN_DIR`: scores a run's best checkpoint, on one rank or on many.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "apps/commands.hpp"
#include "apps/ranked_start.hpp"
#include "apps/run_folder.hpp"
#include "comm/agree.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "tasks/image_size.hpp"
#include "tools/evaluate_run.hpp"
#include "tools/training_view.hpp"

namespace hpctrain::apps {
namespace {

class EvalCommand {
 public:
  EvalCommand() {
    auto& table = start_.input().table;
    table.add(config::flag_only(wish_.splits, "split").help("Splits to score; all but the training split by default"));
    table.add(config::flag_only(wish_.worst, "worst").unit("samples").help("Worst samples to list for each split"));
    table.add(config::flag_only(wish_.baselines, "baselines")
                  .help("Score the untrained network as well; for landmarks the mean shape of the training films, for "
                        "contrastive learning the same probe on raw pixels"));
    table.add(
        config::flag_only(wish_.pictures, "output")
            .alias("o")
            .help(
                "Landmarks: folder for SPLIT-predictions.csv, SPLIT-error-curve.csv and overlays of the worst films"));
    table.add(config::flag_only(is_json_, "json").help("One JSON object instead of text"));
  }

  int run(const Arguments& arguments) {
    start_.prepare([&](CommandInput& input) {
      const auto others = input.resolve_run(arguments);
      require(others.empty(), Fault::usage,
              fmt::format("eval takes one run directory, not {} words", 1 + others.size()));
      input.settings.run.quiet = true;
    });
    return comm::run_mpi_program(
        start_.environment(), [this](comm::MpiSession& session) { return run_ranks(session); }, {},
        start_.input().settings.watchdog.start_timeout_seconds);
  }

 private:
  int run_ranks(comm::MpiSession& session) {
    comm::Communicator& world = session.world();
    const Settings& settings = start_.input().settings;
    data::DatasetIndex index = start_.share_index(world);
    comm::run_agreed(world, [&] {
      index = tools::view_as_trained(index, load_dataset_description(posix_file_system(), settings.out),
                                     tasks::read_image_size(settings.run.image_size));
    });
    const tools::EvaluationPlace place{posix_file_system(),          settings.out, index, world, session.placement(),
                                       start_.choose_device(session)};
    const tools::RunScore score = tools::evaluate_run(settings.run, place, wish_);
    if (world.is_leader()) std::fputs((is_json_ ? score.json() : score.text()).c_str(), stdout);
    return 0;
  }

  RankedStart start_;
  tools::EvaluationWish wish_;
  bool is_json_ = false;
};

}  // namespace

int run_eval_command(const Arguments& arguments) {
  return EvalCommand().run(arguments);
}

}  // namespace hpctrain::apps
