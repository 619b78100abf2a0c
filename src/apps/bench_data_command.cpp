// `hpctrain bench data`: the loader beside the same copies out of ordinary memory.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/bench_commands.hpp"
#include "apps/sample_dataset.hpp"
#include "config/command_line.hpp"
#include "config/option_table.hpp"
#include "config/resolve.hpp"
#include "core/error.hpp"
#include "core/text_format.hpp"
#include "data/index_child.hpp"
#include "tasks/image_size.hpp"
#include "tools/bench_data.hpp"

namespace hpctrain::apps {
namespace {

void print_data_words(const tools::DataBenchReport& report) {
  const auto of_ceiling = [&](double rate) {
    if (!report.memcpy_samples_per_second) return std::string();
    return ", " + format_share(rate / *report.memcpy_samples_per_second) + " of the ceiling";
  };
  std::printf("%s samples an epoch, %s, engine %s\n", format_count(report.samples).c_str(),
              format_bytes(report.bytes).c_str(), report.engine.c_str());
  std::printf("loader       %s samples/s%s\n", format_rate(report.samples_per_second).c_str(),
              of_ceiling(report.samples_per_second).c_str());
  std::printf("pread        %s samples/s%s\n", format_rate(report.pread_samples_per_second).c_str(),
              of_ceiling(report.pread_samples_per_second).c_str());
  if (report.memcpy_samples_per_second) {
    std::printf("ceiling      %s samples/s, the same copies out of ordinary memory\n",
                format_rate(*report.memcpy_samples_per_second).c_str());
  }
  std::printf("first epoch  %s samples/s, first batch after %s\n",
              format_rate(report.first_epoch_samples_per_second).c_str(),
              format_duration(report.first_batch_seconds).c_str());
  if (report.staged_first_epoch_samples_per_second) {
    std::printf("from copies  %s samples/s in the first epoch\n",
                format_rate(*report.staged_first_epoch_samples_per_second).c_str());
  }
  std::printf("resume       a batch in mid-epoch after %s, the first of an epoch after %s\n",
              format_duration(report.resume_batch_seconds).c_str(),
              format_duration(report.start_batch_seconds).c_str());
  std::printf("memory       %s beyond the page cache\n", format_bytes(report.resident_bytes).c_str());
}

void print_data_json(const tools::DataBenchReport& report) {
  nlohmann::ordered_json json = {
      {"samples", report.samples},
      {"bytes", report.bytes},
      {"engine", report.engine},
      {"samples_per_second", report.samples_per_second},
      {"first_epoch_samples_per_second", report.first_epoch_samples_per_second},
      {"pread_samples_per_second", report.pread_samples_per_second},
      {"first_batch_seconds", report.first_batch_seconds},
      {"epoch_start_wait_steps", report.epoch_start_wait_steps},
      {"start_batch_seconds", report.start_batch_seconds},
      {"resume_batch_seconds", report.resume_batch_seconds},
      {"resident_bytes", report.resident_bytes},
  };
  if (report.memcpy_samples_per_second) json["memcpy_samples_per_second"] = *report.memcpy_samples_per_second;
  if (report.staged_first_epoch_samples_per_second) {
    json["staged_first_epoch_samples_per_second"] = *report.staged_first_epoch_samples_per_second;
  }
  std::puts(json.dump().c_str());
}

}  // namespace

int run_data_bench_command(const Arguments& arguments) {
  std::filesystem::path folder;
  tools::DataBenchSettings settings;
  settings.loader.threads = 2;
  bool is_json = false;
  config::OptionTable table("hpctrain bench data");
  table.add(config::flag_only(folder, "data").help("Folder of the packed data set"));
  table.add(config::flag_only(is_json, "json").help("Print one JSON object"));
  table.add(config::flag_only(settings.split, "split").help("The split that is read"));
  table.add(config::flag_only(settings.batch, "batch").between(1, 1 << 20).help("Samples of a batch"));
  table.add(config::flag_only(settings.rounds, "rounds").between(1, 100).help("Rounds; the best one counts"));
  table.add(config::flag_only(settings.loader.threads, "threads").between(1, 64).help("Reader threads"));
  table.add(config::flag_only(settings.loader.depth, "depth").between(1, 1024).help("Batches read ahead"));
  table.add(
      config::flag_only(settings.loader.engine, "engine")
          .choices({{"auto", data::Engine::automatic}, {"mmap", data::Engine::mmap}, {"pread", data::Engine::pread}})
          .help("How rows are read"));
  table.add(config::flag_only(settings.cache_folder, "cache-dir")
                .help("Folder of this node for copies; a first epoch out of them is measured too"));
  std::string window;
  table.add(config::flag_only(window, "window")
                .help("Encoded pictures: decode a random part of each to this size, such as 224"));
  const auto line = config::parse_command_line(table, arguments);
  config::Sources sources;
  sources.flags = line.assignments;
  config::resolve(table, sources, config::AxisPolicy::refuse);
  if (!window.empty()) settings.window_size = tasks::read_image_size(window);
  require(line.positionals.empty() && !folder.empty(), Fault::usage,
          "bench data needs a packed data set: hpctrain bench data --data DIR");
  const auto report = tools::run_data_bench(data::index_dataset(packer_program(), folder), settings);
  is_json ? print_data_json(report) : print_data_words(report);
  return 0;
}

}  // namespace hpctrain::apps
