#include "tools/evaluation_pictures.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>

#include "pack/png_file.hpp"
#include "tools/landmark_pictures.hpp"
#include "tools/landmark_tables.hpp"
#include "tools/overlay.hpp"
#include "tools/worst_samples.hpp"

namespace hpctrain::tools {
namespace {

/// Of each split.
constexpr std::size_t kMostSeen = 64;

}  // namespace

EvaluationPictures::EvaluationPictures(const tasks::Task& task, std::size_t most)
    : task_(task), landmarks_(dynamic_cast<const tasks::Landmarks*>(&task)), most_(most) {}

void EvaluationPictures::see(const torch::Tensor& outputs, const tasks::Batch& batch) {
  if (seen_ >= kMostSeen) return;
  seen_ += static_cast<std::size_t>(batch.count());
  std::vector<tasks::LandmarkPrediction> predictions;
  if (landmarks_ != nullptr) predictions = landmarks_->predictions(outputs, batch);
  const auto errors = landmarks_ != nullptr ? tasks::landmark_errors(predictions, landmarks_->landmark_names())
                                            : task_.sample_errors(outputs, batch);
  for (const auto& error : errors) {
    if (worst_.size() >= most_ && !is_worse(error, worst_.back().error)) continue;
    const auto place = std::find(batch.sample_ids.begin(), batch.sample_ids.end(), error.sample_id);
    const auto n = place - batch.sample_ids.begin();
    Kept kept{error, visible_image(batch.images[n]), std::nullopt};
    if (landmarks_ != nullptr) kept.prediction = predictions[static_cast<std::size_t>(n)];
    keep(std::move(kept));
  }
}

void EvaluationPictures::keep(Kept kept) {
  const auto place =
      std::find_if(worst_.begin(), worst_.end(), [&](const Kept& other) { return is_worse(kept.error, other.error); });
  worst_.insert(place, std::move(kept));
  if (worst_.size() > most_) worst_.pop_back();
}

std::vector<monitor::Picture> EvaluationPictures::finish(const std::string& split) {
  std::vector<monitor::Picture> pictures;
  for (const auto& [error, picture, prediction] : worst_) {
    const auto caption = fmt::format("{} sample {}: {}", split, error.sample_id, error.words);
    const auto marks = prediction ? landmark_marks(*prediction, OverlayFrame::stored) : std::vector<OverlayMark>();
    const double longer_side = prediction ? kOverlaySide : kPictureSide;
    const pack::Image drawn = draw_overlay(picture, marks, caption, longer_side);
    pictures.push_back({.split = split,
                        .place = static_cast<int>(pictures.size()) + 1,
                        .width = static_cast<int>(drawn.size.width),
                        .height = static_cast<int>(drawn.size.height),
                        .png = pack::make_png(drawn)});
  }
  worst_.clear();
  seen_ = 0;
  return pictures;
}

train::MakeEvaluationWatch make_evaluation_pictures(std::size_t most) {
  return [most](const tasks::Task& task) -> std::unique_ptr<train::EvaluationWatch> {
    const bool can_be_drawn = task.name() == "landmarks" || task.name() == "classification";
    if (most == 0 || !can_be_drawn) return nullptr;
    return std::make_unique<EvaluationPictures>(task, most);
  };
}

}  // namespace hpctrain::tools
