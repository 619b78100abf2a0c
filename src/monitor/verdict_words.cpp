#include "monitor/verdict_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text_format.hpp"

namespace hpctrain::monitor {
namespace {

/// A rank that lacks CPUs this much has them as its reason.
constexpr double kNotableWithoutCpu = 0.2;

std::string place(const Verdict& verdict) {
  return verdict.host.empty() ? fmt::format("rank {}", *verdict.rank)
                              : fmt::format("rank {} ({})", *verdict.rank, verdict.host);
}

/// How long it waits for a CPU for each second that it has one.
double waiting_per_running(double waiting_share) {
  return waiting_share / std::max(1 - waiting_share, 1e-6);
}

/// True of a rank that waits twice as long for each second on a CPU as the others.
bool lacks_cpus(const Evidence& evidence) {
  const double share = evidence.own.processors.waiting_share();
  return evidence.ranks > 1 && share > kNotableWithoutCpu &&
         waiting_per_running(share) > 2 * waiting_per_running(evidence.others_without_cpu);
}

/// CPUs that one rank lacks, or all of them, beside what holds them up most.
std::string describe_lack(const Evidence& evidence) {
  if (!lacks_cpus(evidence)) {
    return evidence.without_cpu() <= kNotableWithoutCpu
               ? ""
               : fmt::format("; ranks have no CPU in {} of the time in which they could run",
                             format_share(evidence.without_cpu()));
  }
  std::string text = fmt::format("; it had no CPU in {} of the time in which it could run",
                                 format_share(evidence.own.processors.waiting_share()));
  if (evidence.own.cpus < evidence.others_cpus) {
    text += fmt::format(" (it may use {:.0f}, the others {:.0f})", evidence.own.cpus, evidence.others_cpus);
  }
  return text;
}

/// The number that people know from their driver, beside what it comes from.
std::string describe_gpu(const Evidence& evidence) {
  if (!(evidence.own.gpu.samples > 0)) return "";
  return fmt::format("; {}GPU was busy in {} of it", evidence.ranks > 1 ? "its " : "the ",
                     format_share(evidence.own.gpu.busy_share()));
}

std::string describe_waiting(const Verdict& verdict, const Evidence& evidence) {
  if (!verdict.rank) return fmt::format("data-bound: {} of the time is waiting for data", format_share(verdict.share));
  return fmt::format("data-bound on {}: it waits for data in {} of the time, the others in {}", place(verdict),
                     format_share(verdict.share), format_share(evidence.others_data_wait / evidence.seconds));
}

std::string describe_straggler(const Verdict& verdict, const Evidence& evidence) {
  const std::string than = evidence.others_work > 0 ? fmt::format("{:.1f} times as long as the others",
                                                                  evidence.own_work / evidence.others_work)
                                                    : "while the others do not";
  return fmt::format("{} is a straggler: it computes {}, which wait for it in {} of the time", place(verdict), than,
                     format_share(verdict.share));
}

std::string describe_small(const Verdict& verdict, const Evidence& evidence, const VerdictFacts& facts) {
  const auto samples = static_cast<double>(facts.samples_per_step) / evidence.ranks;
  return fmt::format(
      "small batches: a step has {:.3g} samples for each rank and takes {}, and {} of the time is what it costs "
      "whatever its samples",
      samples, format_duration(evidence.step_seconds), format_share(verdict.share));
}

std::string cure_data(const Verdict& verdict, const Evidence& evidence, const VerdictFacts& facts) {
  if (verdict.rank && lacks_cpus(evidence))
    return "give every rank as many CPUs (srun --cpus-per-task), and none twice";
  std::string first = verdict.rank ? "look at that machine's disk and load; " : "";
  if (facts.reads_over_network)
    return first + "keep copies on the node: --cache.mode replicate, --cache.dir on its disk";
  if (facts.decodes_pictures) {
    return first + fmt::format("more --data.threads (now {}) where CPUs are free, or pack smaller pictures",
                               facts.reader_threads);
  }
  return first + fmt::format("more --data.threads (now {}), or the data set on a faster disk", facts.reader_threads);
}

std::string cure_straggler(const Evidence& evidence) {
  if (lacks_cpus(evidence)) return "give every rank as many CPUs (srun --cpus-per-task), and none twice";
  return "look what else runs on that machine, at its clock rate and temperature, or start without it (sbatch "
         "--exclude)";
}

}  // namespace

std::string_view cause_name(Cause cause) noexcept {
  switch (cause) {
    case Cause::compute:
      return "compute";
    case Cause::data:
      return "data";
    case Cause::straggler:
      return "straggler";
    case Cause::processors:
      return "processors";
    case Cause::communication:
      return "communication";
    case Cause::checkpoint:
      return "checkpoint";
    case Cause::evaluation:
      return "evaluation";
    case Cause::small_batches:
      return "small_batches";
  }
  return "compute";
}

std::string describe_finding(const Verdict& verdict, const Evidence& evidence, const VerdictFacts& facts) {
  const std::string share = format_share(verdict.share);
  switch (verdict.cause) {
    case Cause::compute:
      return fmt::format("compute-bound: {} of the time is forward and backward passes", share);
    case Cause::data:
      return describe_waiting(verdict, evidence) + describe_gpu(evidence) + describe_lack(evidence);
    case Cause::straggler:
      return describe_straggler(verdict, evidence) + describe_lack(evidence);
    case Cause::processors:
      return fmt::format("short of CPUs: ranks have none in {} of the time in which they could run",
                         format_share(evidence.without_cpu()));
    case Cause::communication:
      return fmt::format("communication-bound: {} of the time is summing gradients over {} ranks", share,
                         evidence.ranks) +
             describe_lack(evidence);
    case Cause::checkpoint:
      return fmt::format("checkpoint-bound: training stands still in {} of the time for checkpoints", share);
    case Cause::evaluation:
      return fmt::format("evaluation-bound: {} of the time is evaluation", share);
    case Cause::small_batches:
      return describe_small(verdict, evidence, facts) + describe_gpu(evidence);
  }
  return "";
}

std::string describe_cure(const Verdict& verdict, const Evidence& evidence, const VerdictFacts& facts) {
  switch (verdict.cause) {
    case Cause::compute:
      return "";
    case Cause::data:
      return cure_data(verdict, evidence, facts);
    case Cause::straggler:
      return cure_straggler(evidence);
    case Cause::processors:
      return "fewer ranks on a node, fewer --train.threads or --data.threads, or more CPUs for each (srun "
             "--cpus-per-task)";
    case Cause::communication:
      return "a larger --train.batch (with --optim.scale-lr linear), fewer ranks, or a faster network";
    case Cause::checkpoint:
      return facts.saves_in_background ? "save less often (--checkpoint.every-steps, --checkpoint.every-minutes), or a "
                                         "faster disk for --run.out"
                                       : "--checkpoint.async yes, save less often, or a faster disk for --run.out";
    case Cause::evaluation:
      return "evaluate less often (--eval.every-epochs) or fewer samples (--eval.max-samples)";
    case Cause::small_batches:
      return evidence.ranks > 1 ? "a larger --train.batch (with --optim.scale-lr linear), or fewer ranks"
                                : "a larger --train.batch (with --optim.scale-lr linear)";
  }
  return "";
}

std::string Verdict::text() const {
  std::string text = finding;
  if (!cure.empty()) text += "; " + cure;
  std::string gains;
  // Speed-ups that print as 1.0 say nothing.
  if (speedup_without >= 1.05) gains = fmt::format("without it {:.1f} times as fast", speedup_without);
  if (speedup_twice_ranks && std::abs(*speedup_twice_ranks - 1) >= 0.05) {
    gains += fmt::format("{}twice the ranks {:.1f} times", gains.empty() ? "" : "; ", *speedup_twice_ranks);
  }
  return gains.empty() ? text : text + " (" + gains + ")";
}

}  // namespace hpctrain::monitor
