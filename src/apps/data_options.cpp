// How data are read and what is done to images.
#include <optional>
#include <string>

#include "apps/option_groups.hpp"
#include "core/error.hpp"
#include "tasks/augmentation_text.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

namespace {

std::optional<std::string> complaint_about_augmentation(const std::string& text) {
  try {
    tasks::read_augmentation(text);
    return std::nullopt;
  } catch (const Error& error) {
    return std::string("is no augmentation: ") + error.what();
  }
}

}  // namespace

void add_data_options(OptionTable& table, Settings& settings) {
  table.add_section("data", "Data set and loading");
  table.add(option(settings.data_dir, "data", "dir")
                .alias("data")
                .help("Folder of the packed data set; empty takes the sample data set, packing it at the first use"));
  table.add(
      option(settings.run.order, "data", "order")
          .choices({{"auto", data::Order::automatic}, {"full", data::Order::full}, {"windowed", data::Order::windowed}})
          .identity()
          .help("How an epoch is shuffled: full permutes the whole split; windowed permutes inside windows of a "
                "few shards, which are read while they are near; auto: full up to 64 GiB"));
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
                .choices({{"touch", data::Verify::touch}, {"staged", data::Verify::staged}, {"off", data::Verify::off}})
                .help("Check the digest of every 1 MiB block when it is first read; staged: trust the node's copies, "
                      "which were checked as they were made; off: trust the disk"));
  table.add(
      option(settings.run.loader.engine, "data", "engine")
          .choices({{"auto", data::Engine::automatic}, {"mmap", data::Engine::mmap}, {"pread", data::Engine::pread}})
          .help("How rows are read, with the same bytes out: mapped, or by calls; auto: mapped on a local disk"));
  table.add(option(settings.run.loader.stall_warning_seconds, "data", "stall-warning-seconds")
                .between(0, 86400)
                .unit("seconds")
                .help("Say where the job waits when data take longer; 0: never"));
}

}  // namespace hpctrain::apps
