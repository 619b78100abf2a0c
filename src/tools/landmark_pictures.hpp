// While a split is scored: predictions of every film and the error curve as CSV, and overlays of the worst films.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "core/file_system.hpp"
#include "pack/image.hpp"
#include "tasks/landmarks.hpp"
#include "tools/error_curve.hpp"

namespace hpctrain::tools {

class LandmarkPictures {
 public:
  /// Keeps the pictures of the `most` worst films it sees.
  LandmarkPictures(const tasks::Landmarks& task, std::size_t most)
      : task_(task), most_(most), curve_(task.landmark_names().size()) {}

  /// Returns the task's sample errors, which it needs itself: heatmaps are decoded once for both.
  std::vector<tasks::SampleError> add(const torch::Tensor& outputs, const tasks::Batch& batch);

  /// SPLIT-predictions.csv with all films of all ranks, SPLIT-error-curve.csv, and SPLIT-worst-NN-sample-ID.png of
  /// `worst`.
  ///   collective  all ranks of `group`; each draws the films it has seen
  ///   errors      Fault::storage, agreed
  void save(FileSystem& files, comm::Communicator& group, const std::filesystem::path& folder, const std::string& split,
            const std::vector<tasks::SampleError>& worst) const;

 private:
  struct Kept {
    tasks::SampleError error;
    pack::Image picture;
    tasks::LandmarkPrediction prediction;
  };
  void draw(const std::filesystem::path& folder, const std::string& split,
            const std::vector<tasks::SampleError>& worst) const;

  const tasks::Landmarks& task_;
  std::size_t most_;
  std::map<std::uint64_t, std::string> lines_;  // by sample id
  std::map<std::uint64_t, Kept> kept_;          // by sample id
  ErrorCurve curve_;
};

/// One image of a batch for people to look at: its darkest value black, its brightest white.
///   shapes  image [C, H, W] float
pack::Image visible_image(const torch::Tensor& image);

}  // namespace hpctrain::tools
