#include "tools/evaluate_run.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint.hpp"
#include "comm/agree.hpp"
#include "core/error.hpp"
#include "monitor/summary.hpp"
#include "tasks/image_size.hpp"
#include "tools/landmark_pictures.hpp"
#include "tools/mean_shape.hpp"
#include "tools/raw_pixels.hpp"
#include "tools/worst_samples.hpp"
#include "train/device_slots.hpp"
#include "train/run_cache.hpp"
#include "train/run_parts.hpp"

namespace hpctrain::tools {
namespace {

/// The parts of one evaluation, in the order in which they need each other.
class RunEvaluation {
 public:
  RunEvaluation(const train::RunSettings& settings, const EvaluationPlace& place, const EvaluationWish& wish)
      : settings_(settings), place_(place), wish_(wish), slots_(place.device) {
    // Chosen once: a run that still trains may have another best one a moment later.
    const std::filesystem::path checkpoint = comm::run_on_leader(
        place_.group, [this] { return checkpoint::find_best_checkpoint(place_.files, place_.run_folder).string(); });
    comm::run_agreed(place_.group, [&, this] {
      saved_ = load_saved_network(place_.files, checkpoint, settings_, place_.index, place_.device);
      choose_splits();
      landmarks_ = dynamic_cast<const tasks::Landmarks*>(saved_.task.get());
      require(wish_.pictures.empty() || landmarks_ != nullptr, Fault::usage,
              "-o: only the task landmarks has predictions to draw; leave it away");
      require(
          !wish_.baselines || landmarks_ == nullptr || place_.index.has_split(settings_.train_split), Fault::usage,
          place_.index.folder.string() + " has no training split to take the mean shape from; leave --baselines away");
      copies_ = train::find_run_copies(settings_, place_.index, place_.placement, wish_.splits);
      if (!wish_.baselines) return;
      untrained_ = train::make_run_network(settings_, *saved_.task);
      untrained_->to(place_.device);
      if (saved_.task->reference_samples()) raw_pixels_ = std::make_shared<RawPixels>();
    });
  }

  RunScore run() {
    RunScore score{.checkpoint = saved_.checkpoint, .step = saved_.step, .splits = {}};
    auto evaluator = make_evaluator(*saved_.network, settings_.evaluation.max_samples);
    for (const auto& split : wish_.splits) score.splits.push_back(score_split(evaluator, split));
    if (wish_.baselines) add_baselines(evaluator, score.splits);
    return score;
  }

 private:
  void choose_splits() {
    require(saved_.task->is_scored(), Fault::usage,
            "eval.probe-samples 0: there is nothing to score by; pass --eval.probe-samples with a number");
    train::require_reference_split(*saved_.task, place_.index);
    if (wish_.splits.empty()) wish_.splits = train::scored_splits(settings_, *saved_.task, place_.index);
    for (const auto& split : wish_.splits) place_.index.split(split);
    require(!wish_.splits.empty(), Fault::usage,
            place_.index.folder.string() +
                " has a training split only; name it with --split train, or give another data set with --data");
  }

  train::Evaluator make_evaluator(models::Network& network, std::optional<std::uint64_t> max_samples) {
    return train::Evaluator({place_.index, *saved_.task, network, place_.group, place_.placement, place_.device,
                             settings_.loader, slots_, train::plan_micro_batch(settings_.train, place_.placement.world),
                             settings_.train.micro_shards, max_samples, saved_.forward_pass,
                             tasks::read_image_size(settings_.image_size), copies_.get()});
  }

  SplitScore score_split(train::Evaluator& evaluator, const std::string& split) {
    WorstSamples worst(wish_.worst);
    std::optional<LandmarkPictures> pictures;
    if (!wish_.pictures.empty()) pictures.emplace(*landmarks_, wish_.worst);
    SplitScore score;
    score.report = evaluator.run(split, [&](const torch::Tensor& outputs, const tasks::Batch& batch) {
      worst.add(pictures ? pictures->add(outputs, batch) : saved_.task->sample_errors(outputs, batch));
    });
    score.worst = worst.gather(place_.group);
    if (pictures) pictures->save(place_.files, place_.group, wish_.pictures, split, score.worst);
    return score;
  }

  void add_baselines(train::Evaluator& evaluator, std::vector<SplitScore>& splits) {
    auto untrained = make_evaluator(*untrained_, settings_.evaluation.max_samples);
    auto all_samples = make_evaluator(*saved_.network, std::nullopt);
    std::optional<MeanShape> mean_shape;
    if (landmarks_ != nullptr) mean_shape.emplace(all_samples, *landmarks_, settings_.train_split, place_.group);
    std::optional<train::Evaluator> raw_pixels;
    if (raw_pixels_) raw_pixels.emplace(make_evaluator(*raw_pixels_, settings_.evaluation.max_samples));
    for (auto& split : splits) {
      if (raw_pixels) split.raw_pixels = raw_pixels->run(split.report.split).metrics;
      split.untrained = untrained.run(split.report.split).metrics;
      if (mean_shape) split.mean_shape = mean_shape->score(evaluator, split.report.split);
    }
  }

  train::RunSettings settings_;
  EvaluationPlace place_;
  EvaluationWish wish_;
  train::DeviceSlots slots_;
  SavedNetwork saved_;
  std::unique_ptr<data::NodeCache> copies_;     ///< of the node that trained, where this is one
  std::shared_ptr<models::Network> untrained_;  // with baselines only
  std::shared_ptr<RawPixels> raw_pixels_;       // and for tasks that are scored by features
  const tasks::Landmarks* landmarks_ = nullptr;
};

std::string metrics_line(std::string_view who, const tasks::Metrics& metrics) {
  std::string line = fmt::format("  {:<18}", who);
  for (const auto& [name, value] : metrics) line += fmt::format("  {} {}", name, monitor::format_metric(name, value));
  return line + "\n";
}

}  // namespace

RunScore evaluate_run(const train::RunSettings& settings, const EvaluationPlace& place, const EvaluationWish& wish) {
  return RunEvaluation(settings, place, wish).run();
}

std::string RunScore::text() const {
  std::string text = fmt::format("{} (step {})\n", checkpoint.string(), step);
  for (const auto& split : splits) {
    text += fmt::format("\n{}, {} samples\n{}", split.report.split, split.report.samples, split.report.tables);
    text += metrics_line("this network", split.report.metrics);
    if (split.untrained) text += metrics_line("untrained", *split.untrained);
    if (split.raw_pixels) text += metrics_line("raw pixels", *split.raw_pixels);
    if (split.mean_shape) text += metrics_line("mean shape", *split.mean_shape);
    if (!split.worst.empty()) text += "worst samples\n";
    for (const auto& sample : split.worst) text += fmt::format("  {:>8}  {}\n", sample.sample_id, sample.words);
  }
  return text;
}

std::string RunScore::json() const {
  nlohmann::json json = {{"checkpoint", checkpoint.string()}, {"step", step}, {"splits", nlohmann::json::object()}};
  for (const auto& split : splits) {
    auto& entry = json["splits"][split.report.split];
    entry = {{"samples", split.report.samples}, {"metrics", split.report.metrics}, {"worst", nlohmann::json::array()}};
    if (split.untrained) entry["untrained"] = *split.untrained;
    if (split.raw_pixels) entry["raw_pixels"] = *split.raw_pixels;
    if (split.mean_shape) entry["mean_shape"] = *split.mean_shape;
    for (const auto& sample : split.worst) {
      entry["worst"].push_back({{"sample", sample.sample_id}, {"error", sample.error}, {"words", sample.words}});
    }
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace hpctrain::tools
