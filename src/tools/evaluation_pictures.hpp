// While a run trains: pictures of the samples it answers worst, drawn anew at each evaluation.
#pragma once

#include <cstddef>
#include <map>
#include <memory>

#include "pack/image.hpp"
#include "tasks/landmarks.hpp"
#include "train/evaluation_watch.hpp"

namespace hpctrain::tools {

/// Landmarks: films with truth and prediction. Classification: the pictures, with what they were taken for. Looks at
/// the first samples of a split only, so that a large split costs no more than a small one.
///   cost  decoding and drawing, some tens of milliseconds a picture
class EvaluationPictures : public train::EvaluationWatch {
 public:
  EvaluationPictures(const tasks::Task& task, std::size_t most);

  void see(const torch::Tensor& outputs, const tasks::Batch& batch) override;
  std::vector<monitor::Picture> finish(const std::string& split) override;

 private:
  struct Kept {
    tasks::SampleError error;
    pack::Image picture;
    std::optional<tasks::LandmarkPrediction> prediction;
  };

  void keep(Kept kept);

  const tasks::Task& task_;
  const tasks::Landmarks* landmarks_;  ///< null: another task
  std::size_t most_;
  std::size_t seen_ = 0;
  std::vector<Kept> worst_;  ///< first
};

/// For train::RunContext. No watch for tasks that nothing can be drawn of, nor for `most` 0.
train::MakeEvaluationWatch make_evaluation_pictures(std::size_t most);

}  // namespace hpctrain::tools
