// Drawn at half the film's resolution, which is finer than an X-ray's own blur; only the grain is as fine as the film.
#include "pack/phantom_film.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/integer_division.hpp"
#include "pack/phantom_anatomy.hpp"
#include "pack/phantom_canvas.hpp"
#include "pack/phantom_random.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kCellPixels = 2;
constexpr std::uint64_t kCanvasWidth = divide_up(kPhantomWidth, kCellPixels);
constexpr std::uint64_t kCanvasHeight = divide_up(kPhantomHeight, kCellPixels);
constexpr double kCellMillimetres = kPhantomMillimetres * kCellPixels;

/// What differs between films of one and the same head.
struct Exposure {
  double soft = 1;  // density of each tissue
  double bone = 1;
  double tooth = 1;
  double cavity = 1;
  double latitude = 0.8;  // attenuation of half the brightness
  double fog = 0;         // grey levels of air
  double grain = 0;       // grey levels, standard deviation
};

Exposure draw_exposure(CounterStream& stream) {
  Exposure exposure;
  for (double* density : {&exposure.soft, &exposure.bone, &exposure.tooth, &exposure.cavity}) {
    *density = stream.uniform(0.85, 1.15);
  }
  exposure.latitude = stream.uniform(0.7, 0.95);
  exposure.fog = stream.uniform(8, 24);
  exposure.grain = stream.uniform(3, 7);
  return exposure;
}

double density_of(Tissue tissue, const Exposure& exposure) {
  switch (tissue) {
    case Tissue::soft:
      return exposure.soft;
    case Tissue::bone:
      return exposure.bone;
    case Tissue::tooth:
      return exposure.tooth;
    case Tissue::cavity:
      return exposure.cavity;
  }
  return 1;
}

/// Random values on a coarse grid, smooth between.
class SmoothField {
 public:
  SmoothField(CounterStream& stream, double step_cells, double amplitude)
      : step_(step_cells),
        columns_(static_cast<std::size_t>(static_cast<double>(kCanvasWidth) / step_cells) + 2),
        values_(columns_ * (static_cast<std::size_t>(static_cast<double>(kCanvasHeight) / step_cells) + 2)) {
    for (float& value : values_) value = static_cast<float>(stream.uniform(-amplitude, amplitude));
  }

  void add_row(std::uint64_t y, std::span<float> row) const {
    const double v = static_cast<double>(y) / step_;
    const auto line = static_cast<std::size_t>(v);
    const float down = static_cast<float>(v - static_cast<double>(line));
    const float* above = values_.data() + line * columns_;
    const float* below = above + columns_;
    const float step = static_cast<float>(1 / step_);
    for (std::size_t x = 0; x < row.size(); ++x) {
      const float u = static_cast<float>(x) * step;
      const auto column = static_cast<std::size_t>(u);
      const float right = ease(u - static_cast<float>(column));
      const float upper = above[column] + right * (above[column + 1] - above[column]);
      const float lower = below[column] + right * (below[column + 1] - below[column]);
      row[x] += upper + ease(down) * (lower - upper);
    }
  }

 private:
  static float ease(float t) noexcept { return t * t * (3 - 2 * t); }

  double step_;
  std::size_t columns_;
  std::vector<float> values_;
};

/// Attenuation → grey levels, in place: mottled by fine structure, lit unevenly.
void expose(PhantomCanvas& canvas, const Exposure& exposure, CounterStream& stream) {
  const SmoothField coarse(stream, 34, 0.10), fine(stream, 7, 0.07), light(stream, 330, 0.12);
  std::vector<float> mottle(kCanvasWidth), lit(kCanvasWidth);
  const auto latitude = static_cast<float>(exposure.latitude), fog = static_cast<float>(exposure.fog);
  for (std::uint64_t y = 0; y < kCanvasHeight; ++y) {
    std::fill(mottle.begin(), mottle.end(), 1.0f);
    std::fill(lit.begin(), lit.end(), 1.0f);
    coarse.add_row(y, mottle);
    fine.add_row(y, mottle);
    light.add_row(y, lit);
    const std::span<float> row = canvas.row(y);
    for (std::size_t x = 0; x < row.size(); ++x) {
      const float attenuation = std::max(0.0f, row[x]) * mottle[x];
      row[x] = lit[x] * (fog + (250 - fog) * attenuation / (attenuation + latitude));
    }
  }
}

constexpr std::array<std::array<std::string_view, 7>, 7> kLetters{
    {{"####.", "#...#", "#...#", "####.", "#....", "#....", "#...."},    // P
     {"#...#", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"},    // H
     {".###.", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"},    // A
     {"#...#", "##..#", "#.#.#", "#.#.#", "#.#.#", "#..##", "#...#"},    // N
     {"#####", "..#..", "..#..", "..#..", "..#..", "..#..", "..#.."},    // T
     {".###.", "#...#", "#...#", "#...#", "#...#", "#...#", ".###."},    // O
     {"#...#", "##.##", "#.#.#", "#.#.#", "#...#", "#...#", "#...#"}}};  // M
constexpr std::array<std::size_t, 7> kWord{0, 1, 2, 3, 4, 5, 6};

void burn_in_word(PhantomCanvas& canvas) {
  constexpr std::uint64_t kDot = 4, kLeft = 790, kTop = 24;  // cells
  for (std::size_t letter = 0; letter < kWord.size(); ++letter) {
    for (std::size_t line = 0; line < 7 * kDot; ++line) {
      const std::span<float> row = canvas.row(kTop + line);
      for (std::size_t dot = 0; dot < 5 * kDot; ++dot) {
        const bool is_lit = kLetters[kWord[letter]][line / kDot][dot / kDot] == '#';
        if (is_lit) row[kLeft + letter * 6 * kDot + dot] = 245;
      }
    }
  }
}

/// Between -1 and 1 about, standard deviation 0.29: four uniform bytes.
float grain_of(std::uint32_t bits) noexcept {
  const std::uint32_t sum = (bits & 0xff) + (bits >> 8 & 0xff) + (bits >> 16 & 0xff) + (bits >> 24);
  return (static_cast<float>(sum) - 510) * (1.0f / 510);
}

/// One film row between canvas rows, with grain.
class FilmRow {
 public:
  FilmRow(PhantomCanvas& canvas, double grain, CounterStream stream)
      : canvas_(canvas), grain_(static_cast<float>(grain / 0.29)), stream_(stream), between_(kCanvasWidth) {}

  void write(std::uint64_t y, std::span<std::byte> out) {
    const Neighbours rows = neighbours(y, kCanvasHeight);
    const std::span<float> near = canvas_.row(rows.near), far = canvas_.row(rows.far);
    for (std::size_t x = 0; x < kCanvasWidth; ++x) between_[x] = 0.75f * near[x] + 0.25f * far[x];
    for (std::uint64_t x = 0; x < kPhantomWidth; ++x) {
      const Neighbours cells = neighbours(x, kCanvasWidth);
      const float grey =
          0.75f * between_[cells.near] + 0.25f * between_[cells.far] + grain_ * grain_of(stream_.next_u32());
      out[x] = static_cast<std::byte>(static_cast<int>(std::clamp(grey + 0.5f, 0.0f, 255.0f)));
    }
  }

 private:
  struct Neighbours {
    std::uint64_t near, far;
  };
  /// A film pixel lies a quarter of a cell from the middle of its own cell, towards another.
  static Neighbours neighbours(std::uint64_t pixel, std::uint64_t cells) noexcept {
    const std::uint64_t near = pixel / 2;
    if (pixel % 2 == 0) return {near, near == 0 ? 0 : near - 1};
    return {near, std::min(near + 1, cells - 1)};
  }

  PhantomCanvas& canvas_;
  float grain_;
  CounterStream stream_;
  std::vector<float> between_;
};

}  // namespace

Image make_phantom_film(const PhantomHead& head, std::uint64_t seed, std::uint64_t film) {
  CounterStream stream = phantom_stream(seed, film, PhantomDraw::film);
  const Exposure exposure = draw_exposure(stream);
  PhantomCanvas canvas(kCanvasWidth, kCanvasHeight, kCellMillimetres, -kPhantomMillimetres / 2);
  for (const AnatomyShape& shape : make_anatomy(head)) {
    const double amount = shape.amount * density_of(shape.tissue, exposure);
    if (shape.drawing == Drawing::area) {
      canvas.fill(shape.points, amount, shape.breadth_mm);
    } else {
      canvas.stroke(shape.points, shape.breadth_mm, amount);
    }
  }
  expose(canvas, exposure, stream);
  burn_in_word(canvas);
  Image image{{kPhantomWidth, kPhantomHeight}, 1, std::vector<std::byte>(kPhantomWidth * kPhantomHeight)};
  FilmRow row(canvas, exposure.grain, phantom_stream(seed, film, PhantomDraw::grain));
  for (std::uint64_t y = 0; y < kPhantomHeight; ++y) {
    row.write(y, std::span(image.pixels).subspan(y * kPhantomWidth, kPhantomWidth));
  }
  return image;
}

}  // namespace hpctrain::pack
