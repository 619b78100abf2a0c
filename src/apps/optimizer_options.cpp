// The update rule and its learning rate.
#include "apps/option_groups.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

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

}  // namespace hpctrain::apps
