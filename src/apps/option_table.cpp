#include "apps/option_table.hpp"

#include <optional>
#include <string>

#include "core/error.hpp"
#include "models/registry.hpp"
#include "tasks/augmentation_text.hpp"
#include "tasks/registry.hpp"

namespace hpctrain::apps {
namespace {

using config::option;
using config::OptionTable;

std::optional<std::string> complaint_about_augmentation(const std::string& text) {
  try {
    tasks::read_augmentation(text);
    return std::nullopt;
  } catch (const Error& error) {
    return std::string("is no augmentation: ") + error.what();
  }
}

void add_data_options(OptionTable& table, Settings& settings) {
  table.add_section("data", "Data set and loading");
  table.add(option(settings.data_dir, "data", "dir")
                .alias("data")
                .help("Folder of the packed data set; empty takes the sample data set, packing it at the first use"));
  table.add(option(settings.run.order, "data", "order")
                .choices({{"auto", data::Order::automatic}, {"full", data::Order::full}})
                .identity()
                .help("How an epoch is shuffled: full permutes the whole split; auto decides by the manifest alone"));
  table.add(option(settings.run.tail, "data", "tail")
                .choices({{"short", data::Tail::short_batch}, {"drop", data::Tail::drop}})
                .identity()
                .help("The samples that do not fill an epoch's last batch: a short batch weighted by its true count, "
                      "or dropped"));
  table.add(option(settings.run.augment, "data", "augment")
                .check(complaint_about_augmentation)
                .sweepable()
                .identity()
                .help("What is done to training images: auto (the task's own choice), none, or operations with their "
                      "widths: affine(rotate=10, scale=0.1, translate=0.05, translate-mm=10) | "
                      "jitter(contrast=0.2, brightness=0.1) | gamma(0.2) | noise(0.02)"));
  table.add(option(settings.run.loader.threads, "data", "threads").between(1, 64).help("Reader threads of each rank"));
  table.add(option(settings.run.loader.depth, "data", "depth")
                .between(1, 1024)
                .unit("micro-batches")
                .help("How far each rank reads ahead"));
  table.add(option(settings.run.loader.verify, "data", "verify")
                .choices({{"touch", data::Verify::touch}, {"off", data::Verify::off}})
                .help("Check the digest of every 1 MiB block when it is first read, or trust the disk"));
}

void add_landmark_options(OptionTable& table, Settings& settings) {
  auto& landmarks = settings.run.landmarks;
  table.add_section("landmarks", "Landmark detection");
  table.add(
      option(landmarks.truth, "landmarks", "truth")
          .choices({{"mean", tasks::Truth::mean}, {"junior", tasks::Truth::junior}, {"senior", tasks::Truth::senior}})
          .help("Whose points an evaluation compares with, where two doctors annotated; training always uses "
                "their mean"));
  table.add(option(landmarks.decoder, "landmarks", "decoder")
                .choices({{"argmax", tasks::Decoder::argmax},
                          {"log-parabola", tasks::Decoder::log_parabola},
                          {"soft-argmax", tasks::Decoder::local_soft_argmax}})
                .sweepable()
                .help("From a heatmap to a point: its highest cell; a parabola through the logarithms around it, exact "
                      "on clean Gaussians; the weighted mean of the cells around it, steadier on noisy ones"));
  table.add(option(landmarks.sigma, "landmarks", "sigma")
                .above(0)
                .unit("heatmap cells")
                .sweepable()
                .identity()
                .help("Standard deviation of the Gaussians that are drawn as targets"));
  table.add(
      option(landmarks.coordinate_weight, "landmarks", "coordinate-weight")
          .at_least(0)
          .sweepable()
          .identity()
          .help("Weight of the distance between soft-argmax and truth beside the heatmap loss; 0: heatmaps alone"));
}

void add_model_options(OptionTable& table, Settings& settings) {
  table.add_section("task", "Problem");
  table.add(option(settings.run.task, "task", "name")
                .one_of(tasks::task_names())
                .sweepable()
                .identity()
                .help("What is learned from the records"));
  table.add_section("model", "Network");
  table.add(option(settings.run.network, "model", "name")
                .alias("model")
                .one_of(models::network_names())
                .sweepable()
                .identity()
                .help("The network"));
  table.add(option(settings.run.stem, "model", "stem")
                .choices({{"imagenet", models::Stem::imagenet}, {"small", models::Stem::small}})
                .sweepable()
                .identity()
                .help("First layers of a ResNet: imagenet halves the resolution twice and takes torchvision's weights, "
                      "small keeps it, for images of about 32 pixels"));
  table.add(
      option(settings.run.init, "model", "init")
          .sweepable()
          .identity()
          .help("A safetensors file to take the first weights from: names and shapes must be this network's, only "
                "the head may differ. Empty: random weights"));
}

void add_optimizer_options(OptionTable& table, Settings& settings) {
  auto& optimizer = settings.run.optimizer;
  auto& schedule = settings.run.schedule;
  table.add_section("optim", "Optimizer and learning rate");
  table.add(option(optimizer.kind, "optim", "name")
                .choices({{"sgd", train::OptimizerKind::sgd}, {"adamw", train::OptimizerKind::adamw}})
                .sweepable()
                .identity()
                .help("The update rule"));
  table.add(option(optimizer.lr, "optim", "lr")
                .alias("lr")
                .above(0)
                .sweepable()
                .identity()
                .help("Peak learning rate, for the global batch"));
  table.add(option(optimizer.momentum, "optim", "momentum")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Momentum of sgd"));
  table.add(option(optimizer.nesterov, "optim", "nesterov")
                .sweepable()
                .identity()
                .help("Nesterov's form of momentum, for sgd"));
  table.add(option(optimizer.weight_decay, "optim", "weight-decay")
                .at_least(0)
                .sweepable()
                .identity()
                .help("Weight decay: added to the gradient by sgd, decoupled by adamw"));
  table.add(option(optimizer.beta1, "optim", "beta1")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Decay of adamw's mean of gradients"));
  table.add(option(optimizer.beta2, "optim", "beta2")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Decay of adamw's mean of squares"));
  table.add(option(optimizer.epsilon, "optim", "epsilon")
                .above(0)
                .sweepable()
                .identity()
                .help("Added to adamw's denominator"));
  table.add(option(schedule.kind, "optim", "schedule")
                .choices({{"constant", train::ScheduleKind::constant}, {"cosine", train::ScheduleKind::cosine}})
                .sweepable()
                .identity()
                .help("Learning rate after the warm-up: constant, or half a cosine down to zero at the last step"));
  table.add(option(schedule.warmup_epochs, "optim", "warmup-epochs")
                .at_least(0)
                .unit("epochs")
                .sweepable()
                .identity()
                .help("Length of the linear warm-up; fractions allowed"));
}

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

void add_upkeep_options(OptionTable& table, Settings& settings) {
  auto& run = settings.run;
  table.add_section("eval", "Evaluation");
  table.add(option(run.evaluation.every_epochs, "eval", "every-epochs")
                .unit("epochs")
                .help("How often the validation split (else the first test split) is scored; 0: at the end only"));
  table.add(option(run.evaluation.max_samples, "eval", "max-samples")
                .at_least(1)
                .unit("samples")
                .help("Score only the first so many samples of a split"));
  table.add_section("checkpoint", "Checkpoints");
  table.add(option(run.cadence.checkpoint_every_steps, "checkpoint", "every-steps")
                .unit("steps")
                .help("Save after so many steps; 0: not by steps. Every evaluation saves as well"));
  table.add(option(run.cadence.checkpoint_every_minutes, "checkpoint", "every-minutes")
                .at_least(0)
                .unit("minutes")
                .help("Save after so many minutes; 0: not by time"));
  table.add(option(run.checkpoint.keep, "checkpoint", "keep")
                .at_least(1)
                .help("Newest checkpoints to keep; the best one is kept besides"));
  table.add_section("run", "Run directory and output");
  table.add(option(settings.out, "run", "out")
                .alias("out")
                .help("Run directory; one that holds a run is resumed. Empty: a fresh folder under runs/"));
  table.add(
      option(run.wall_time.job_end_unix, "run", "job-end-unix")
          .above(0)
          .unit("seconds since 1970")
          .help("When the scheduler ends the job; the run stops with a checkpoint in time. Job scripts ask Slurm"));
  table.add(
      option(run.wall_time.stop_margin_seconds, "run", "stop-margin-seconds")
          .at_least(0)
          .unit("seconds")
          .help("Kept free before the job's end, besides the measured times of a step, an evaluation and a save"));
  table.add(option(run.audit, "run", "audit").help("Write audit/rank-NNNNN.jsonl: the sample ids of every step"));
  table.add(option(run.quiet, "run", "quiet").help("Warnings and errors only"));
}

}  // namespace

config::OptionTable make_option_table(Settings& settings) {
  OptionTable table("hpctrain");
  add_data_options(table, settings);
  add_model_options(table, settings);
  add_landmark_options(table, settings);
  add_optimizer_options(table, settings);
  add_train_options(table, settings);
  add_upkeep_options(table, settings);
  return table;
}

}  // namespace hpctrain::apps
