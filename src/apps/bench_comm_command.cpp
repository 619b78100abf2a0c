// `hpctrain bench comm`: how fast these ranks sum gradients, beside copies of the same bytes.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/bench_commands.hpp"
#include "apps/rank_views.hpp"
#include "comm/affinity.hpp"
#include "comm/guard.hpp"
#include "comm/held_failure.hpp"
#include "config/command_line.hpp"
#include "config/option_table.hpp"
#include "config/resolve.hpp"
#include "core/error.hpp"
#include "core/text_format.hpp"
#include "tools/bench_comm.hpp"

namespace hpctrain::apps {
namespace {

std::string to_json(const tools::CommBenchReport& report) {
  nlohmann::json sums = nlohmann::json::array();
  for (const auto& sum : report.sums) {
    sums.push_back({{"bytes", sum.bytes},
                    {"seconds", sum.seconds},
                    {"bytes_per_second", sum.bytes_per_second()},
                    {"copy_bytes_per_second", sum.copy_bytes_per_second()}});
  }
  return nlohmann::json{{"ranks", report.ranks}, {"road", report.road}, {"sums", sums}}.dump() + "\n";
}

std::string describe(const tools::CommBenchReport& report) {
  std::string text = fmt::format("{} rank{}, road: {}\n", report.ranks, report.ranks == 1 ? "" : "s", report.road);
  for (const auto& sum : report.sums) {
    text += fmt::format("{:>10}  {:>9}  {:7.2f} GB/s, {} of a copy's {:.2f} GB/s\n", format_bytes(sum.bytes),
                        format_duration(sum.seconds), sum.bytes_per_second() / 1e9,
                        format_share(sum.bytes_per_second() / sum.copy_bytes_per_second()),
                        sum.copy_bytes_per_second() / 1e9);
  }
  return text;
}

class CommBenchCommand {
 public:
  int run(const Arguments& arguments) {
    const auto environment = comm::read_environment();
    const comm::Launch launch = comm::plan_launch(environment);
    refusal_.hold(launch.kind, [&] { read_options(arguments); });
    const auto cpus = comm::widen_affinity(launch.local_rank, launch.local_world.value_or(1), environment).share;
    device::set_operation_threads(static_cast<int>(cpus));
    return comm::run_mpi_program(environment, [&](comm::MpiSession& session) { return run_ranks(session); });
  }

 private:
  int run_ranks(comm::MpiSession& session) {
    comm::Communicator& world = session.world();
    refusal_.throw_together(world);
    const auto device = choose_device(world, session.placement(), device_);
    const auto report = tools::run_comm_bench(world, device, settings_);
    if (world.is_leader()) std::fputs((is_json_ ? to_json(report) : describe(report)).c_str(), stdout);
    return 0;
  }

  void read_options(const Arguments& arguments) {
    config::OptionTable table("hpctrain bench comm");
    table.add(config::flag_only(settings_.sizes_bytes, "sizes")
                  .between(4, std::uint64_t{1} << 40)
                  .unit("bytes")
                  .help("Sizes of the sums"));
    table.add(config::flag_only(settings_.rounds, "rounds").between(1, 10'000).help("Rounds; the median counts"));
    table.add(config::flag_only(device_, "device")
                  .choices({{"auto", device::DeviceWish::automatic},
                            {"cpu", device::DeviceWish::cpu},
                            {"cuda", device::DeviceWish::cuda}})
                  .help("Where the gradients lie"));
    table.add(config::flag_only(is_json_, "json").help("Print one JSON object"));
    const auto line = config::parse_command_line(table, arguments);
    config::Sources sources;
    sources.flags = line.assignments;
    config::resolve(table, sources, config::AxisPolicy::refuse);
    require(line.positionals.empty(), Fault::usage,
            "usage: [mpirun -np N] hpctrain bench comm [--sizes 'BYTES …'] [--rounds N] [--json]");
  }

  comm::HeldFailure refusal_;  ///< of the options
  tools::CommBenchSettings settings_;
  device::DeviceWish device_ = device::DeviceWish::automatic;
  bool is_json_ = false;
};

}  // namespace

int run_comm_bench_command(const Arguments& arguments) {
  return CommBenchCommand().run(arguments);
}

}  // namespace hpctrain::apps
