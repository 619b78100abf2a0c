// `hpctrain predict RUN_DIR IMAGE… -o DIR`: answers for pictures that are in no data set. (one process, no MPI)
#include <cstdio>
#include <filesystem>
#include <optional>

#include "apps/command_input.hpp"
#include "apps/commands.hpp"
#include "apps/rank_views.hpp"
#include "apps/run_folder.hpp"
#include "checkpoint/checkpoint.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "data/delivered_fields.hpp"
#include "device/device.hpp"
#include "tasks/image_size.hpp"
#include "tools/predict_images.hpp"

namespace hpctrain::apps {

int run_predict_command(const Arguments& arguments) {
  CommandInput input;
  tools::PredictionWish wish;
  input.table.add(config::flag_only(wish.folder, "output").alias("o").help("Folder for predictions.csv and overlays"));
  input.table.add(config::flag_only(wish.truth, "truth")
                      .help("Landmarks to compare with: a folder in the layout of ISBI 2015, or a CSV as "
                            "hpctrain-pack landmarks-csv takes it"));
  input.table.add(config::flag_only(wish.spacing_mm, "spacing-mm")
                      .above(0)
                      .unit("millimetres per pixel")
                      .help("Spacing of the pictures; by default as the truth says"));
  input.table.add(
      config::flag_only(wish.fit, "fit")
          .choices({{"auto", tools::FitWish::automatic}, {"crop", tools::FitWish::crop}, {"pad", tools::FitWish::pad}})
          .help("Classification: how the data set's pictures were brought to their size when it was packed; "
                "auto: cropped, or stretched as the loader does where they are stored encoded as they came"));
  for (const auto& image : input.resolve_run(arguments)) wish.images.emplace_back(image);
  require(!wish.images.empty() && !wish.folder.empty(), Fault::usage,
          "predict needs pictures and a folder: hpctrain predict RUN_DIR IMAGE… -o DIR");
  FileSystem& files = posix_file_system();
  const auto& settings = input.settings;
  const auto index = load_dataset_description(files, settings.out);
  if (settings.run.train.threads) device::set_operation_threads(*settings.run.train.threads);
  const auto device = choose_device(settings.run.train.device);
  const auto saved = tools::load_saved_network(files, checkpoint::find_best_checkpoint(files, settings.out),
                                               settings.run, index, device);
  wish.stored = index.fields[index.field_position("image")];
  // A picture from outside takes the form that the loader gives to those of a data set.
  const auto delivered = data::delivered_index(index, tasks::read_image_size(settings.run.image_size));
  std::fputs(tools::predict_images(files, saved, delivered, device, wish).c_str(), stdout);
  return 0;
}

}  // namespace hpctrain::apps
