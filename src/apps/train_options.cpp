// The loop.
#include "apps/option_groups.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

void add_train_options(OptionTable& table, Settings& settings) {
  auto& train = settings.run.train;
  table.add_section("train", "Training");
  table.add(option(train.epochs, "train", "epochs")
                .alias("epochs")
                .at_least(1)
                .sweepable()
                .help("Passes over the training split; may grow when a run is resumed"));
  table.add(option(train.steps, "train", "steps")
                .at_least(1)
                .help("End after so many steps, if that comes before the epochs are over"));
  table.add(option(train.batch, "train", "batch")
                .alias("batch")
                .at_least(1)
                .unit("samples")
                .sweepable()
                .identity()
                .help("Global batch: samples of one optimizer step over all ranks"));
  table.add(option(train.micro_batch, "train", "micro-batch")
                .at_least(1)
                .unit("samples")
                .help("Most samples a rank computes at once; the rest of its share is accumulated"));
  table.add(option(train.precision, "train", "precision")
                .alias("precision")
                .choices({{"fp32", train::Precision::fp32}})
                .help("Number format of the computation"));
  table.add(option(train.seed, "train", "seed")
                .alias("seed")
                .sweepable()
                .identity()
                .help("Decides initial parameters, sample order and every other random draw"));
  table.add(
      option(train.device, "train", "device")
          .alias("device")
          .choices({{"auto", device::DeviceWish::automatic},
                    {"cpu", device::DeviceWish::cpu},
                    {"cuda", device::DeviceWish::cuda}})
          .help("Where to compute; auto takes GPUs where the node has any, and then needs one for each of its ranks"));
  table.add(option(train.threads, "train", "threads")
                .between(1, 1024)
                .help("CPU threads of one operation; by default the CPUs granted to the rank"));
}

}  // namespace hpctrain::apps
