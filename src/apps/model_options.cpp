// What is learned, and by which network.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "apps/option_groups.hpp"
#include "core/error.hpp"
#include "models/registry.hpp"
#include "tasks/registry.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

namespace {

bool is_family_name(const std::string& name) {
  const auto families = models::network_families();
  return std::any_of(families.begin(), families.end(), [&](const auto& family) { return family.claims(name); });
}

std::optional<std::string> complaint_of_network(const std::string& name) {
  try {
    for (const auto& family : models::network_families()) {
      if (family.claims(name)) family.require_name(name);
    }
    return std::nullopt;
  } catch (const Error& error) {
    return std::string("names no network: ") + error.what();
  }
}

std::string family_patterns() {
  std::vector<std::string_view> patterns;
  for (const auto& family : models::network_families()) patterns.push_back(family.pattern);
  return fmt::format("{}", fmt::join(patterns, ", "));
}

}  // namespace

void add_model_options(OptionTable& table, Settings& settings) {
  table.add_section("task", "Problem");
  table.add(option(settings.run.task, "task", "name")
                .one_of(tasks::task_names())
                .sweepable()
                .identity()
                .help("What is learned from the records"));
  table.add(option(settings.run.label_smoothing, "task", "label-smoothing")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Classification: share of a label's weight that all classes have in equal parts"));
  table.add_section("contrastive", "Contrastive learning");
  table.add(option(settings.run.contrastive.temperature, "contrastive", "temperature")
                .above(0)
                .sweepable()
                .identity()
                .help("What cosines are divided by in the loss; the lower, the more the most similar images count"));
  table.add_section("model", "Network");
  table.add(option(settings.run.network, "model", "name")
                .alias("model")
                .one_of(models::network_names())
                .or_like(family_patterns(), is_family_name)
                .check(complaint_of_network)
                .sweepable()
                .identity()
                .help("The network; wrn-D-W is a wide ResNet of any depth and width, as wrn-28-10"));
  table.add(option(settings.run.stem, "model", "stem")
                .choices({{"imagenet", models::Stem::imagenet}, {"small", models::Stem::small}})
                .sweepable()
                .identity()
                .help("First layers of classifiers: imagenet is as published, halves the resolution once or twice, and "
                      "takes torchvision's weights; small keeps the resolution, for images of about 32 pixels"));
  table.add(option(settings.run.dropout, "model", "dropout")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Probability that training leaves out a feature: before the last layer; of wrn-D-W between the "
                      "convolutions of a block, of scn whole channels on the way down. none: as published, 0.2 for "
                      "efficientnet-b0 and mobilenet-v3-small, 0.5 for scn, else 0"));
  table.add(option(settings.run.stochastic_depth, "model", "stochastic-depth")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("efficientnet-b0: probability that training leaves out the deepest residual branch of a sample, "
                      "less for those before it. none: 0.2, as published"));
  table.add(
      option(settings.run.sync_batch_norm, "model", "sync-bn")
          .sweepable()
          .identity()
          .help("Batch normalisation takes its mean and variance over the micro-batch of all ranks, not of each"));
  table.add(
      option(settings.run.init, "model", "init")
          .sweepable()
          .identity()
          .help("A safetensors file to take the first weights from: names and shapes must be this network's, only "
                "the head may differ. What export makes of a contrastive run is the encoder alone. Empty: random "
                "weights"));
}

void add_landmark_options(OptionTable& table, Settings& settings) {
  auto& landmarks = settings.run.landmarks;
  table.add_section("landmarks", "Landmark detection");
  table.add(
      option(landmarks.truth, "landmarks", "truth")
          .choices({{"mean", tasks::Truth::mean}, {"junior", tasks::Truth::junior}, {"senior", tasks::Truth::senior}})
          .common()
          .help("Whose points an evaluation compares with, where two doctors annotated; training always uses "
                "their mean"));
  table.add(option(landmarks.decoder, "landmarks", "decoder")
                .choices({{"argmax", tasks::Decoder::argmax},
                          {"log-parabola", tasks::Decoder::log_parabola},
                          {"soft-argmax", tasks::Decoder::local_soft_argmax}})
                .sweepable()
                .help("From a heatmap to a point: its highest cell; a parabola through the logarithms around it, exact "
                      "on clean Gaussians; the weighted mean of the cells around it, steadier on noisy ones"));
  table.add(option(landmarks.sigma, "landmarks", "sigma")
                .above(0)
                .unit("heatmap cells")
                .sweepable()
                .identity()
                .help("Standard deviation of the Gaussians that are drawn as targets"));
  table.add(
      option(landmarks.coordinate_weight, "landmarks", "coordinate-weight")
          .at_least(0)
          .sweepable()
          .identity()
          .help("Weight of the distance between soft-argmax and truth beside the heatmap loss; 0: heatmaps alone"));
}

}  // namespace hpctrain::apps
