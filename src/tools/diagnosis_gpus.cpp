// Which GPU each rank would take, by the very plan that a training makes, and whether the driver can serve it.
#include <fmt/format.h>

#include <map>
#include <set>

#include "tools/diagnosis_checks.hpp"

namespace hpctrain::tools {
namespace {

constexpr const char* kAskForGpus = "#SBATCH --gpus-per-node=";

std::string version_text(int cuda) {
  return fmt::format("{}.{}", cuda / 1000, cuda % 1000 / 10);
}

bool is_gpu_wanted(const PreflightFacts& facts) {
  return facts.job.device_wish != device::DeviceWish::cpu;
}

bool does_any_see_a_gpu(const PreflightFacts& facts) {
  for (const RankFacts& rank : facts.ranks) {
    if (!rank.gpus.empty()) return true;
  }
  return false;
}

device::NodeDevices devices_of(const RankFacts& rank, const std::vector<const RankFacts*>& ranks) {
  device::NodeDevices node;
  node.local_rank = rank.local_rank;
  node.visible_gpus = static_cast<int>(rank.gpus.size());
  for (const RankFacts* other : ranks) node.first_gpu.push_back(other->gpus.empty() ? "" : other->gpus.front());
  node.has_gpu_out_of_reach = rank.has_gpu_hardware && !rank.can_compute_on_gpus;
  return node;
}

/// The scheduler's GPUs and what ranks see of them.
CheckResult check_granted(const PreflightFacts& facts, const NodeFacts& node,
                          const std::vector<const RankFacts*>& ranks) {
  if (!node.granted_gpus || *node.granted_gpus == 0) return std::nullopt;
  const std::string granted = fmt::format("the scheduler granted {} on {}",
                                          count_of(static_cast<std::size_t>(*node.granted_gpus), "GPU"), node.host);
  if (!is_gpu_wanted(facts)) {
    return warning("GPUs", granted + ", and train.device is cpu: they stand idle", std::string(kAskForGpus) + "0");
  }
  if (*node.granted_gpus < static_cast<int>(ranks.size())) {
    return failure("GPUs", Fault::device, fmt::format("{} to {}", granted, count_of(ranks.size(), "rank")),
                   fmt::format("{}{}, or --ntasks-per-node={}", kAskForGpus, ranks.size(), *node.granted_gpus));
  }
  for (const RankFacts* rank : ranks) {
    if (!rank->gpus.empty()) continue;
    const std::string why = rank->gpu_obstacle.empty() ? std::string() : " (" + rank->gpu_obstacle + ")";
    return failure("GPUs", Fault::device, fmt::format("{}, but {} sees none{}", granted, name_of(*rank), why),
                   "srun --gpu-bind=none; else `srun nvidia-smi -L` on that node, or --device cpu");
  }
  return std::nullopt;
}

/// Two ranks of a node that would take the same GPU, or one that may take none.
CheckResult check_choice(const PreflightFacts& facts, const NodeFacts& node,
                         const std::vector<const RankFacts*>& ranks) {
  std::map<std::string, const RankFacts*> taken;
  for (const RankFacts* rank : ranks) {
    std::optional<int> ordinal;
    try {
      ordinal = device::plan_device(facts.job.device_wish, devices_of(*rank, ranks));
    } catch (const Error& error) {
      return failure_from("GPUs", error.fault(), node.host + ": " + error.what(), "--device cpu");
    }
    if (!ordinal) continue;
    const std::string& gpu = rank->gpus.at(static_cast<std::size_t>(*ordinal));
    const auto [owner, is_first] = taken.emplace(gpu, rank);
    if (is_first || gpu == "unknown") continue;
    return failure("GPUs", Fault::device,
                   fmt::format("ranks {} and {} on {} would take the same GPU {}", owner->second->rank, rank->rank,
                               node.host, gpu),
                   fmt::format("{}{} and srun --gpu-bind=none", kAskForGpus, ranks.size()));
  }
  return std::nullopt;
}

CheckResult check_one_kind(const PreflightFacts& facts) {
  const RankFacts& first = facts.ranks.front();
  for (const RankFacts& rank : facts.ranks) {
    if (rank.gpus.empty() == first.gpus.empty()) continue;
    return failure("GPUs", Fault::device,
                   fmt::format("{} sees {}, {} sees {}", name_of(first), first.gpus.empty() ? "no GPU" : "a GPU",
                               name_of(rank), rank.gpus.empty() ? "none" : "one"),
                   std::string(kAskForGpus) + "… gives them on every node, or --device cpu");
  }
  return std::nullopt;
}

}  // namespace

CheckResult check_driver(const PreflightFacts& facts) {
  if (!is_gpu_wanted(facts)) return std::nullopt;
  std::set<int> drivers;
  for (const RankFacts& rank : facts.ranks) {
    if (rank.built_cuda == 0 || !rank.has_gpu_hardware) continue;
    // Minor versions of one CUDA serve each other, both ways.
    if (rank.driver_cuda / 1000 < rank.built_cuda / 1000) {
      const std::string serves =
          rank.driver_cuda == 0 ? "cannot be asked" : "serves CUDA " + version_text(rank.driver_cuda);
      return failure("driver", Fault::device,
                     fmt::format("{}: the driver {}, LibTorch is built with CUDA {}", rank.host, serves,
                                 version_text(rank.built_cuda)),
                     fmt::format("build against a LibTorch for CUDA {} (HPCTRAIN_LIBTORCH), or a newer driver there",
                                 rank.driver_cuda == 0 ? "of that node" : version_text(rank.driver_cuda)));
    }
    drivers.insert(rank.driver_cuda);
  }
  if (drivers.empty()) return std::nullopt;
  return good("driver", fmt::format("serves CUDA {}, LibTorch is built with {}", version_text(*drivers.begin()),
                                    version_text(facts.ranks.front().built_cuda)));
}

CheckResult check_gpus(const PreflightFacts& facts) {
  for (const NodeFacts& node : facts.nodes) {
    const auto ranks = ranks_of_node(facts, node.node);
    for (const auto& check : {check_granted, check_choice}) {
      if (auto finding = check(facts, node, ranks)) return finding;
    }
  }
  if (!is_gpu_wanted(facts)) return good("GPUs", "none wanted (train.device cpu)");
  if (auto finding = check_one_kind(facts)) return finding;
  if (!does_any_see_a_gpu(facts)) return good("GPUs", "none; ranks compute on CPUs");
  return good("GPUs", "one for each rank");
}

}  // namespace hpctrain::tools
