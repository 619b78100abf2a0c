// The loop.
#include "apps/option_groups.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

namespace {

void add_kernel_options(OptionTable& table, train::TrainSettings& train) {
  table.add(option(train.channels_last, "train", "channels-last")
                .choices({{"auto", train::ChannelsLast::automatic},
                          {"on", train::ChannelsLast::on},
                          {"off", train::ChannelsLast::off}})
                .help("Memory layout of images and convolutions; auto: channels last where that is faster"));
  table.add(
      option(train.recompute, "train", "recompute")
          .choices(
              {{"auto", train::Recompute::automatic}, {"on", train::Recompute::on}, {"off", train::Recompute::off}})
          .help("Run parts of the network again in backward instead of keeping their inner activations: less "
                "memory, more time, the same bits; auto: when memory runs out"));
  table.add(
      option(train.cuda_graph, "train", "cuda-graph")
          .choices(
              {{"off", train::GraphWish::off}, {"auto", train::GraphWish::automatic}, {"on", train::GraphWish::on}})
          .help("On GPUs: record micro-steps as CUDA graphs, which start without the host calling each kernel; "
                "what cannot be recorded runs as usual. Not yet tried on a GPU; auto: where there is one"));
  table.add(option(train.cudnn_benchmark, "train", "cudnn-benchmark")
                .help("Let cuDNN time its convolution kernels at the first step; which it takes may change bits"));
  table.add(option(train.deterministic, "train", "deterministic")
                .help("On GPUs: only kernels that give the same bits every time, which may be slower"));
}

void add_memory_options(OptionTable& table, train::MemorySettings& memory) {
  table.add(option(memory.limit_mib, "train", "memory-limit-mib")
                .above(0)
                .unit("MiB")
                .help("Most memory that the tensors of a rank may hold on its device while it trains; may differ from "
                      "rank to rank"));
  table.add(
      option(memory.when_out, "train", "oom")
          .choices({{"adapt", train::OutOfMemory::adapt}, {"end", train::OutOfMemory::end}})
          .help("When a rank runs out of memory in a step; adapt: all ranks make it again with the same global batch, "
                "fewer samples at once, then with activations computed again in backward"));
  table.add(option(memory.empty_cache_every_steps, "train", "empty-cache-every-steps")
                .unit("steps")
                .help("On GPUs: give memory that torch keeps for later back to the driver every so many steps, for "
                      "others on the same GPU; costs time. 0: never"));
}

}  // namespace

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
                .common()
                .help("End after so many steps, if that comes before the epochs are over"));
  table.add(option(train.batch, "train", "batch")
                .alias("batch")
                .at_least(1)
                .unit("samples")
                .sweepable()
                .identity()
                .help("Global batch: samples of one optimizer step over all ranks"));
  table.add(option(train.micro_batch, "train", "micro-batch")
                .choices({{"auto", train::kAutomaticMicroBatch}})
                .or_like("a number of at least 1", [](std::uint64_t samples) { return samples >= 1; })
                .unit("samples")
                .help("Most samples a rank computes at once; the rest of its share is accumulated. none: its whole "
                      "share; auto: as many as fit, by a measurement at the first start"));
  add_memory_options(table, settings.run.memory);
  table.add(option(train.micro_shards, "train", "micro-shards")
                .at_most(65536)
                .identity()
                .help("Cut every global batch into so many parts, computed one by one and added in a fixed order: the "
                      "same bits on any number of ranks up to this one. 0: off"));
  table.add(
      option(train.precision, "train", "precision")
          .alias("precision")
          .choices({{"fp32", train::Precision::fp32},
                    {"tf32", train::Precision::tf32},
                    {"bf16", train::Precision::bf16},
                    {"fp16", train::Precision::fp16}})
          .sweepable()
          .help("Number format of the computation; parameters, losses and statistics are float32 in all. tf32 and "
                "bf16 need an Ampere GPU or later (bf16 runs on CPUs too); fp16 scales the loss by itself"));
  add_kernel_options(table, train);
  table.add(option(train.ema_decay, "train", "ema-decay")
                .above(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Keep a moving average of the weights with this decay, shorter at first; evaluation, export and "
                      "prediction use it"));
  table.add(
      option(settings.run.mixup, "train", "mixup")
          .between(0, 1)
          .sweepable()
          .identity()
          .help("Classification: mix every training sample with another one, pixels and labels, by shares from "
                "Beta(alpha, alpha) with this alpha; usual are 0.1 to 0.4, and 1. Reads twice the samples. 0: no"));
  table.add(option(train.head_only_epochs, "train", "head-only-epochs")
                .unit("epochs")
                .sweepable()
                .identity()
                .help("After model.init: for so many epochs at the start only the network's head learns, then all"));
  table.add(option(settings.run.cadence.check_every_steps, "train", "check-every-steps")
                .unit("steps")
                .help("How often all ranks compare their parameters, bit for bit; before every checkpoint they do so "
                      "anyway. 0: then only"));
  table.add(option(train.nan_skips, "train", "nan-skips")
                .unit("updates")
                .common()
                .help("Updates in a row that are skipped where loss or gradients are not finite, before the run ends; "
                      "0: it ends at the first such loss"));
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
