// What is learned, and by which network.
#include "apps/option_groups.hpp"
#include "models/registry.hpp"
#include "tasks/registry.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

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
                .sweepable()
                .identity()
                .help("The network"));
  table.add(option(settings.run.stem, "model", "stem")
                .choices({{"imagenet", models::Stem::imagenet}, {"small", models::Stem::small}})
                .sweepable()
                .identity()
                .help("First layers of a ResNet: imagenet halves the resolution twice and takes torchvision's weights, "
                      "small keeps it, for images of about 32 pixels"));
  table.add(option(settings.run.dropout, "model", "dropout")
                .at_least(0)
                .below(1)
                .sweepable()
                .identity()
                .help("Classifiers: probability that training leaves out a feature before the last layer"));
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
