#include "tools/landmark_pictures.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstring>

#include "comm/agree.hpp"
#include "pack/image_file.hpp"
#include "tools/landmark_tables.hpp"
#include "tools/worst_samples.hpp"

namespace hpctrain::tools {

pack::Image visible_image(const torch::Tensor& image) {
  const auto values = image.detach().to(torch::kFloat32).cpu();
  const auto darkest = values.min(), spread = (values.max() - darkest).clamp_min(1e-12);
  const auto pixels = ((values - darkest) / spread * 255).round().to(torch::kUInt8);
  const auto grey_or_colour = pixels.size(0) == 3 ? pixels : pixels.narrow(0, 0, 1);
  const auto rows = grey_or_colour.permute({1, 2, 0}).contiguous();
  pack::Image picture;
  picture.size = {static_cast<std::uint64_t>(rows.size(1)), static_cast<std::uint64_t>(rows.size(0))};
  picture.channels = static_cast<std::uint64_t>(rows.size(2));
  picture.pixels.resize(rows.nbytes());
  std::memcpy(picture.pixels.data(), rows.data_ptr(), rows.nbytes());
  return picture;
}

std::vector<tasks::SampleError> LandmarkPictures::add(const torch::Tensor& outputs, const tasks::Batch& batch) {
  const auto predictions = task_.predictions(outputs, batch);
  for (const auto& prediction : predictions) {
    curve_.add(prediction);
    lines_[prediction.sample_id] =
        landmark_csv_lines(std::to_string(prediction.sample_id), prediction, task_.landmark_names());
  }
  auto errors = tasks::landmark_errors(predictions, task_.landmark_names());
  for (const auto& sample : errors) {
    const auto place = std::find(batch.sample_ids.begin(), batch.sample_ids.end(), sample.sample_id);
    const auto n = place - batch.sample_ids.begin();
    kept_[sample.sample_id] = {sample, visible_image(batch.images[n]), predictions[static_cast<std::size_t>(n)]};
    if (kept_.size() <= most_) continue;
    kept_.erase(std::max_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return is_worse(a.second.error, b.second.error);
    }));
  }
  return errors;
}

void LandmarkPictures::draw(const std::filesystem::path& folder, const std::string& split,
                            const std::vector<tasks::SampleError>& worst) const {
  for (std::size_t place = 0; place < worst.size(); ++place) {
    const auto found = kept_.find(worst[place].sample_id);
    if (found == kept_.end()) continue;
    const auto& [error, picture, prediction] = found->second;
    const auto caption = fmt::format("{} sample {}: {}", split, worst[place].sample_id, worst[place].words);
    const auto name = fmt::format("{}-worst-{:02}-sample-{}.png", split, place + 1, worst[place].sample_id);
    pack::save_png(folder / name, draw_overlay(picture, landmark_marks(prediction, OverlayFrame::stored), caption));
  }
}

void LandmarkPictures::save(FileSystem& files, comm::Communicator& group, const std::filesystem::path& folder,
                            const std::string& split, const std::vector<tasks::SampleError>& worst) const {
  std::string mine;
  for (const auto& [sample, lines] : lines_) mine += lines;
  const auto parts = comm::all_gather_text(group, mine);
  ErrorCurve curve = curve_;
  curve.sum_over(group);
  comm::run_on_leader(group, [&] {
    files.create_folders(folder);
    std::string table = landmark_csv_header();
    for (const auto& part : parts) table += part;
    write_file_durably(files, folder / (split + "-predictions.csv"), table);
    write_file_durably(files, folder / (split + "-error-curve.csv"), curve.csv(task_.landmark_names()));
    return std::string();
  });
  comm::run_agreed(group, [&] { draw(folder, split, worst); });
}

}  // namespace hpctrain::tools
