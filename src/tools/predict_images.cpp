#include "tools/predict_images.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "data/shard_format.hpp"
#include "pack/film_source.hpp"
#include "pack/image_file.hpp"
#include "tasks/landmarks.hpp"
#include "tools/landmark_tables.hpp"
#include "tools/single_record.hpp"

namespace hpctrain::tools {
namespace {

constexpr std::int64_t kClassesListed = 5;

/// Two pictures of one name would overwrite each other's overlay; a missing one is said before work begins.
void require_sound_images(const std::vector<std::filesystem::path>& images) {
  std::set<std::string> names;
  for (const auto& image : images) {
    pack::read_image_header(image);
    require(names.insert(image.stem().string()).second, Fault::usage,
            image.string() + ": two pictures are named " + image.stem().string() + "; predict them apart");
  }
}

torch::Tensor answer_to(const SavedNetwork& saved, const tasks::Batch& batch) {
  const torch::NoGradGuard no_grad;
  return saved.forward_pass.run(*saved.task, *saved.network, batch);
}

class LandmarkPrediction {
 public:
  LandmarkPrediction(const SavedNetwork& saved, const tasks::Landmarks& task, const data::DatasetIndex& index,
                     const torch::Device& device, const PredictionWish& wish)
      : saved_(saved), task_(task), index_(index), device_(device), wish_(wish) {
    if (wish.truth.empty()) return;
    truth_ = pack::make_film_source(wish.truth);
    const bool knows_one = std::any_of(wish.images.begin(), wish.images.end(), [this](const auto& image) {
      return truth_->find_annotations(image).has_value();
    });
    require(knows_one, Fault::usage,
            wish.truth.string() + " knows none of these pictures; give the truth that lists their file names");
  }

  /// Lines of the table; draws the overlay.
  std::string predict(const std::filesystem::path& path) {
    pack::Film film = known_of(path);
    film.image = pack::read_image_file(path);
    const pack::Image picture = film.image;
    SingleRecord record(index_);
    record.write_film(std::move(film));
    const auto batch = task_.make_batch(record.batch(), device_, tasks::Mode::evaluate);
    const auto prediction = task_.predictions(answer_to(saved_, batch), batch).at(0);
    const auto marks = landmark_marks(prediction, OverlayFrame::original);
    pack::save_png(wish_.folder / (path.stem().string() + "-overlay.png"),
                   draw_overlay(picture, marks, path.filename().string()));
    note_errors(prediction);
    return landmark_csv_lines(path.filename().string(), prediction, task_.landmark_names());
  }

  /// In millimetres where every point that has a truth has them.
  std::string summary() const {
    if (in_px_.count == 0) return "";
    const bool is_in_mm = in_mm_.count == in_px_.count;
    const Errors& errors = is_in_mm ? in_mm_ : in_px_;
    return fmt::format("mean radial error {:.3f} {} over {} landmarks of known truth\n",
                       errors.sum / static_cast<double>(errors.count), is_in_mm ? "mm" : "px", errors.count);
  }

 private:
  struct Errors {
    double sum = 0;
    std::size_t count = 0;

    void add(const std::optional<double>& error) {
      if (error) sum += *error, ++count;
    }
  };

  pack::Film known_of(const std::filesystem::path& path) const {
    pack::Film film;
    if (truth_ != nullptr) film = truth_->find_annotations(path).value_or(pack::Film{});
    if (wish_.spacing_mm) film.mm_per_pixel = *wish_.spacing_mm;
    return film;
  }

  void note_errors(const tasks::LandmarkPrediction& prediction) {
    for (const auto& point : prediction.points) {
      in_mm_.add(point.error_mm);
      in_px_.add(point.error_px);
    }
  }

  const SavedNetwork& saved_;
  const tasks::Landmarks& task_;
  const data::DatasetIndex& index_;
  torch::Device device_;
  const PredictionWish& wish_;
  std::unique_ptr<pack::FilmSource> truth_;
  Errors in_mm_, in_px_;
};

pack::Fit packed_fit(FitWish wish) {
  return wish == FitWish::pad ? pack::Fit::pad : pack::Fit::crop;
}

/// Of encoded pictures that the packer may have brought to one size before it compressed them. PNG files are always
/// stored as they came; JPEG files of one size may be either, and of those a crop is the identity for the same aspect.
std::optional<PackedFit> plan_packed_fit(const PredictionWish& wish) {
  const auto& shape = wish.stored.sample_shape;
  if (wish.stored.codec != "jpeg" || shape.at(0) == 0 || shape.at(1) == 0) return std::nullopt;
  return PackedFit{{shape.at(1), shape.at(0)}, packed_fit(wish.fit)};
}

void require_fit_possible(const PredictionWish& wish) {
  const bool is_stretched = data::has_dims(wish.stored) && !plan_packed_fit(wish);
  require(!is_stretched || wish.fit == FitWish::automatic, Fault::usage,
          "--fit is for data sets whose pictures were brought to one size when they were packed; this one stores " +
              wish.stored.codec +
              " pictures at the size they came in, which are stretched to the network's size in "
              "training and here");
}

/// The likeliest classes of one picture, one line each.
std::string class_lines(const SavedNetwork& saved, const data::DatasetIndex& index, const torch::Device& device,
                        const std::filesystem::path& path, const PredictionWish& wish) {
  SingleRecord record(index);
  if (data::has_dims(wish.stored)) {
    record.write_encoded(path, plan_packed_fit(wish));
  } else {
    record.write_picture(pack::read_image_file(path), packed_fit(wish.fit));
  }
  const auto batch = saved.task->make_batch(record.batch(), device, tasks::Mode::evaluate);
  const auto probabilities = answer_to(saved, batch).to(torch::kFloat64).softmax(1).cpu();
  const auto [best, labels] = probabilities.topk(std::min(kClassesListed, probabilities.size(1)), 1);
  const auto& names = index.fields[index.field_position("label")].class_names;
  std::string lines;
  for (std::int64_t place = 0; place < best.size(1); ++place) {
    const auto label = labels[0][place].item<std::int64_t>();
    const auto known = static_cast<std::size_t>(label) < names.size();
    lines += fmt::format("{},{},{},{},{:.6f}\n", csv_cell(path.filename().string()), place + 1, label,
                         known ? csv_cell(names[static_cast<std::size_t>(label)]) : "", best[0][place].item<double>());
  }
  return lines;
}

}  // namespace

std::string predict_images(FileSystem& files, const SavedNetwork& saved, const data::DatasetIndex& index,
                           const torch::Device& device, const PredictionWish& wish) {
  require(!saved.task->loss_spans_global_batch(), Fault::usage,
          "task.name " + saved.task->name() +
              " learns features and gives pictures no classes; fine-tune a classifier from its exported weights "
              "(--model.init)");
  require_fit_possible(wish);
  require_sound_images(wish.images);
  std::string table, summary;
  if (const auto* task = dynamic_cast<const tasks::Landmarks*>(saved.task.get())) {
    LandmarkPrediction landmarks(saved, *task, index, device, wish);
    files.create_folders(wish.folder);
    table = landmark_csv_header();
    for (const auto& image : wish.images) table += landmarks.predict(image);
    summary = landmarks.summary();
  } else {
    files.create_folders(wish.folder);
    table = "image,place,label,class,probability\n";
    for (const auto& image : wish.images) table += class_lines(saved, index, device, image, wish);
  }
  write_file_durably(files, wish.folder / "predictions.csv", table);
  return fmt::format("{}: predictions of {} pictures by {}\n{}", (wish.folder / "predictions.csv").string(),
                     wish.images.size(), saved.checkpoint.string(), summary);
}

}  // namespace hpctrain::tools
