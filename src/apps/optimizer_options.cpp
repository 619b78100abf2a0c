// The update rule and its learning rate.
#include "apps/option_groups.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

namespace {

void add_schedule_options(OptionTable& table, Settings& settings) {
  auto& schedule = settings.run.schedule;
  table.add(option(schedule.kind, "optim", "schedule")
                .choices({{"constant", train::ScheduleKind::constant},
                          {"step", train::ScheduleKind::step},
                          {"cosine", train::ScheduleKind::cosine},
                          {"one-cycle", train::ScheduleKind::one_cycle}})
                .sweepable()
                .identity()
                .help("Learning rate after the warm-up: constant, down at every milestone, or half a cosine down to "
                      "optim.final-fraction at the last step; or one cycle up and down over all steps"));
  table.add(option(schedule.warmup_epochs, "optim", "warmup-epochs")
                .at_least(0)
                .unit("epochs")
                .sweepable()
                .identity()
                .help("Length of the linear warm-up; fractions allowed. one-cycle rises by itself instead"));
  table.add(option(schedule.milestones, "optim", "milestones")
                .above(0)
                .unit("epochs")
                .identity()
                .help("schedule step: when the rate is multiplied by optim.gamma; rising, fractions allowed"));
  table.add(option(schedule.gamma, "optim", "gamma")
                .above(0)
                .sweepable()
                .identity()
                .help("schedule step: factor at each milestone"));
  table.add(option(schedule.final_fraction, "optim", "final-fraction")
                .between(0, 1)
                .sweepable()
                .identity()
                .help("schedule cosine: rate at the last step, as a fraction of the peak"));
  table.add(option(schedule.rise_fraction, "optim", "one-cycle-rise")
                .above(0)
                .below(1)
                .sweepable()
                .identity()
                .help("schedule one-cycle: fraction of all steps until the peak"));
  table.add(option(schedule.start_division, "optim", "one-cycle-start")
                .above(0)
                .sweepable()
                .identity()
                .help("schedule one-cycle: the first rate is the peak divided by this"));
  table.add(option(schedule.end_division, "optim", "one-cycle-end")
                .above(0)
                .sweepable()
                .identity()
                .help("schedule one-cycle: the last rate is the first divided by this"));
  table.add(option(settings.run.lr_scaling.kind, "optim", "scale-lr")
                .choices({{"no", train::LrScaling::no}, {"linear", train::LrScaling::linear}})
                .identity()
                .help("linear: the peak rate is optim.lr × train.batch / optim.base-batch"));
  table.add(option(settings.run.lr_scaling.base_batch, "optim", "base-batch")
                .at_least(1)
                .unit("samples")
                .identity()
                .help("scale-lr linear: the global batch that optim.lr is meant for"));
}

}  // namespace

void add_optimizer_options(OptionTable& table, Settings& settings) {
  auto& optimizer = settings.run.optimizer;
  table.add_section("optim", "Optimizer and learning rate");
  table.add(option(optimizer.kind, "optim", "name")
                .choices({{"sgd", train::OptimizerKind::sgd},
                          {"adam", train::OptimizerKind::adam},
                          {"adamw", train::OptimizerKind::adamw},
                          {"lars", train::OptimizerKind::lars}})
                .sweepable()
                .identity()
                .help("The update rule"));
  table.add(option(optimizer.lr, "optim", "lr")
                .alias("lr")
                .above(0)
                .sweepable()
                .identity()
                .help("Peak learning rate, for the global batch; see optim.scale-lr"));
  table.add(option(optimizer.momentum, "optim", "momentum")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Momentum of sgd and lars"));
  table.add(option(optimizer.nesterov, "optim", "nesterov")
                .sweepable()
                .identity()
                .help("Nesterov's form of momentum, for sgd"));
  table.add(option(optimizer.weight_decay, "optim", "weight-decay")
                .at_least(0)
                .sweepable()
                .identity()
                .help("Weight decay: added to the gradient by sgd, adam and lars, decoupled by adamw"));
  table.add(option(optimizer.beta1, "optim", "beta1")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Decay of adam's and adamw's mean of gradients"));
  table.add(option(optimizer.beta2, "optim", "beta2")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Decay of adam's and adamw's mean of squares"));
  table.add(option(optimizer.epsilon, "optim", "epsilon")
                .above(0)
                .sweepable()
                .identity()
                .help("Added to adam's and adamw's denominator"));
  table.add(option(optimizer.clip_norm, "optim", "clip-norm")
                .above(0)
                .sweepable()
                .identity()
                .help("Most 2-norm of all gradients together; larger ones are scaled down to it"));
  table.add(
      option(optimizer.trust, "optim", "trust").above(0).sweepable().identity().help("Trust coefficient of lars"));
  table.add(option(optimizer.lars_exempt_vectors, "optim", "lars-exempt-vectors")
                .sweepable()
                .identity()
                .help("lars moves biases and batch normalisation at the plain rate, without weight decay"));
  table.add(option(optimizer.is_sharded, "optim", "shard")
                .sweepable()
                .help("Each rank keeps the optimizer's state, and train.ema-decay's average, of its own part of the "
                      "parameters alone: the memory for them is divided by the number of ranks, the weights are the "
                      "same, a checkpoint is that of any number of ranks"));
  add_schedule_options(table, settings);
}

}  // namespace hpctrain::apps
