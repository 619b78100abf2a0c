// hpctrain-pack: original data sets into shards, and what is in them. Only main turns errors into exit codes; loads
// neither LibTorch nor MPI, because hpctrain starts it as the guarded child that reads HDF5.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "monitor/progress.hpp"
#include "pack/command_line.hpp"
#include "pack/commands.hpp"

namespace {

using namespace hpctrain;

int run(const std::vector<std::string>& arguments) {
  const pack::PackCommand command = pack::parse_command_line(arguments);
  const bool is_verify = command.action == pack::Action::verify;
  const bool is_phantom = command.action == pack::Action::phantom;
  monitor::ProgressLine line(monitor::ProgressSettings::for_stderr(false));
  const Stopwatch watch;
  const auto on_progress = [&](std::uint64_t done, std::uint64_t total) {
    monitor::ProgressReport report;
    report.label = is_verify ? "verifying" : is_phantom ? "drawing" : "packing";
    report.unit = is_verify ? "bytes" : is_phantom ? "films" : "samples";
    report.done = done;
    report.total = total;
    report.per_second = static_cast<double>(done) / std::max(watch.seconds(), 1e-3);
    if (done < total) {
      line.update(report);
    } else {
      line.finish(report);
    }
  };
  const int code =
      pack::run_command(command, {std::filesystem::read_symlink("/proc/self/exe"), std::cout, on_progress});
  std::cout.flush();
  require(std::cout.good(), Fault::storage, "cannot write to standard output; see whether its disk is full");
  return code;
}

int report(Fault fault, const std::string& message) {
  fmt::print(stderr, "hpctrain-pack: {}\n", message);
  return exit_code(fault);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const Error& error) {
    return report(error.fault(), error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    return report(Fault::storage, error.what());
  } catch (const std::exception& error) {
    return report(Fault::bug,
                  fmt::format("{}; this is a bug, please report it with the command that shows it", error.what()));
  }
}
