#include "apps/rank_views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "comm/agree.hpp"
#include "core/log.hpp"
#include "core/text_format.hpp"

namespace hpctrain::apps {
namespace {

constexpr std::size_t kMostHostsShown = 8;

struct GpuView {
  int node = 0;
  std::string first_gpu;
};

/// A CPU rank among GPU ranks would wait for gradients that travel another way.
void require_one_kind(const std::vector<GpuView>& views) {
  const bool has_gpu = !views.front().first_gpu.empty();
  for (std::size_t rank = 0; rank < views.size(); ++rank) {
    require(views[rank].first_gpu.empty() != has_gpu, Fault::device,
            "rank 0 sees " + std::string(has_gpu ? "a GPU" : "no GPU") + " and rank " + std::to_string(rank) + " " +
                (has_gpu ? "none" : "one") + "; ask for GPUs on every node, or pass --device cpu");
  }
}

std::vector<GpuView> gather_gpus(comm::Communicator& world, int node, const std::string& first_gpu) {
  std::vector<GpuView> views;
  for (const auto& text : comm::all_gather_text(world, std::to_string(node) + " " + first_gpu)) {
    const std::size_t space = text.find(' ');
    views.push_back({std::stoi(text.substr(0, space)), text.substr(space + 1)});
  }
  return views;
}

device::NodeDevices node_of(const device::GpuSurvey& survey) {
  return {.visible_gpus = survey.visible, .has_gpu_out_of_reach = survey.has_hardware && !survey.can_compute_on_gpus};
}

std::string range_text(std::uint64_t least, std::uint64_t most) {
  return least == most ? std::to_string(least) : fmt::format("{} to {}", least, most);
}

}  // namespace

std::optional<int> choose_gpu(comm::Communicator& world, const Placement& placement, device::DeviceWish wish,
                              const device::GpuSurvey& survey) {
  device::NodeDevices node = node_of(survey);
  node.local_rank = placement.local_rank;
  const auto views = gather_gpus(world, placement.node, survey.first);
  for (const auto& view : views) {
    if (view.node == placement.node) node.first_gpu.push_back(view.first_gpu);
  }
  std::optional<int> ordinal;
  comm::run_agreed(world, [&] {
    ordinal = device::plan_device(wish, node);
    require_one_kind(views);
  });
  if (!ordinal && survey.has_hardware && world.is_leader()) {
    log_warning(
        "this node has a GPU, but none is visible to this process, so it computes on CPUs; ask the scheduler for GPUs, "
        "check CUDA_VISIBLE_DEVICES, or pass --device cpu to say that it is meant");
  }
  return ordinal;
}

torch::Device choose_device(comm::Communicator& world, const Placement& placement, device::DeviceWish wish) {
  return device::make_device(choose_gpu(world, placement, wish, device::survey_gpus(wish)));
}

torch::Device choose_device(device::DeviceWish wish) {
  device::NodeDevices node = node_of(device::survey_gpus(wish));
  node.first_gpu = {""};
  return device::make_device(device::plan_device(wish, node));
}

std::vector<RankView> gather_views(comm::Communicator& world, const RankView& mine) {
  const nlohmann::json text = {mine.node, mine.host, mine.cpus, mine.device, mine.scratch, mine.scratch_free_bytes};
  std::vector<RankView> views;
  for (const auto& line :
       comm::all_gather_text(world, text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))) {
    const auto values = nlohmann::json::parse(line);
    views.push_back({values[0].get<int>(), values[1].get<std::string>(), values[2].get<std::uint64_t>(),
                     values[3].get<std::string>(), values[4].get<std::string>(), values[5].get<std::uint64_t>()});
  }
  return views;
}

std::string describe_ranks(const std::vector<RankView>& views) {
  std::map<int, std::string> hosts;
  for (const auto& view : views) hosts.emplace(view.node, view.host);
  std::string names;
  std::size_t shown = 0;
  for (const auto& [node, host] : hosts) {
    if (shown++ == kMostHostsShown) break;
    names += (names.empty() ? "" : " ") + host;
  }
  if (hosts.size() > kMostHostsShown) names += " …";
  const auto [least, most] =
      std::minmax_element(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.cpus < b.cpus; });
  return fmt::format("{} on {} node{} ({}), {} CPUs each", views.size(), hosts.size(), hosts.size() == 1 ? "" : "s",
                     names, range_text(least->cpus, most->cpus));
}

std::string describe_devices(const std::vector<RankView>& views) {
  std::map<std::string, int> counts;
  for (const auto& view : views) ++counts[view.device];
  std::string text;
  for (const auto& [device, count] : counts) text += fmt::format("{}{} × {}", text.empty() ? "" : "; ", count, device);
  return text;
}

std::string describe_scratch(const std::vector<RankView>& views) {
  const auto& first = views.front();
  if (first.scratch.empty()) return "none found; name a folder of the node's own disk in TMPDIR";
  const auto least = std::min_element(views.begin(), views.end(), [](const auto& a, const auto& b) {
    return a.scratch_free_bytes < b.scratch_free_bytes;
  });
  return fmt::format("{}, at least {} free on every node", first.scratch, format_bytes(least->scratch_free_bytes));
}

}  // namespace hpctrain::apps
