// How data are read and what is done to images.
#include <optional>
#include <string>

#include "apps/option_groups.hpp"
#include "core/error.hpp"
#include "tasks/augmentation_text.hpp"
#include "tasks/image_size.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

namespace {

template <auto kRead>
std::optional<std::string> complaint_of(const std::string& text) {
  try {
    kRead(text);
    return std::nullopt;
  } catch (const Error& error) {
    return std::string("cannot be read: ") + error.what();
  }
}

}  // namespace

void add_data_options(OptionTable& table, Settings& settings) {
  table.add_section("data", "Data set and loading");
  table.add(option(settings.data_dir, "data", "dir")
                .alias("data")
                .help("Folder of the packed data set; empty takes the sample data set, packing it at the first use. "
                      "{fold} in it stands for data.fold"));
  table.add(option(settings.fold, "data", "fold")
                .sweepable()
                .identity()
                .help("Fold of a cross-validation: the number in the place of {fold} in data.dir. As an axis, "
                      "0,1,2,3, it gives each trial a data set of its own; all are checked before the first trial"));
  table.add(option(settings.run.train_split, "data", "train-split")
                .identity()
                .help("Split that is trained on; the others are scored, but for one named unlabeled"));
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
                .check(complaint_of<tasks::read_augmentation>)
                .sweepable()
                .identity()
                .help("What is done to training images: auto (the task's own choice), none, or operations with their "
                      "widths, each with a chance p: crop(pad=4, mode=reflect) | flip | random-resized-crop("
                      "scale=0.08..1, ratio=0.75..1.33) | elastic(sigma=0.02, grid=5) | affine(rotate=10, scale=0.1, "
                      "translate=0.05, translate-mm=10) | jitter(contrast=0.2, brightness=0.1, saturation=0.2, "
                      "hue=0.1) | gamma(0.2) | grey(p=0.2) | blur(sigma=0.1..2, p=0.5) | noise(0.02) | cutout(8)"));
  table.add(option(settings.run.image_size, "data", "image-size")
                .check(complaint_of<tasks::read_image_size>)
                .sweepable()
                .identity()
                .help("Size that networks see images at: stored, a side, or HEIGHTxWIDTH; images of another size are "
                      "resized on the device, encoded ones while they are decoded"));
  table.add(
      option(settings.run.residency, "data", "resident")
          .choices(
              {{"auto", train::Residency::automatic}, {"on", train::Residency::on}, {"off", train::Residency::off}})
          .help("Keep the training images on the device, once and for all; auto does where half of its free "
                "memory holds them, and never on the CPU. The batches are the same"));
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
          .help("How rows are read, with the same bytes out: mapped, or by calls; auto: mapped on a local disk, but "
                "for long rows of a split that does not fit memory"));
  table.add(option(settings.run.loader.stall_warning_seconds, "data", "stall-warning-seconds")
                .between(0, 86400)
                .unit("seconds")
                .help("Say where the job waits when data take longer; 0: never"));
}

}  // namespace hpctrain::apps
