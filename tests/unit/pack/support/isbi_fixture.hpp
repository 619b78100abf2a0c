// A folder laid out like the ISBI 2015 challenge's, with films of a few pixels written by hand.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"
#include "unit/pack/support/bmp_fixture.hpp"

namespace hpctrain::pack::test {

/// Landmark l (from 0) lies at 10 + 3 l + shift, 20 + 5 l.
inline std::vector<std::string> annotation_lines(int shift = 0) {
  std::vector<std::string> lines;
  for (int l = 0; l < 19; ++l) {
    lines.push_back(std::to_string(10 + 3 * l + shift) + "," + std::to_string(20 + 5 * l));
  }
  return lines;
}

inline std::string joined(const std::vector<std::string>& lines, const std::string& end = "\n") {
  std::string text;
  for (const std::string& line : lines) text += line + end;
  return text;
}

/// Grey film of 96 × 120 pixels of one level.
inline std::string film_bytes(unsigned level, std::uint32_t width = 96, std::uint32_t height = 120) {
  BmpText text;
  text.width = width;
  text.height = height;
  text.colours = 256;
  text.offset = 54 + 1024;
  text.palette.clear();
  for (int i = 0; i < 256; ++i) text.palette += std::string(3, static_cast<char>(i)) + '\0';
  text.pixels = std::string(static_cast<std::size_t>((width + 3) / 4 * 4 * height), static_cast<char>(level));
  return bmp_bytes(text);
}

/// Without films. The senior doctor marks 2 pixels further right than the junior.
class IsbiFolder {
 public:
  explicit IsbiFolder(const std::string& images_folder = "RawImage",
                      const std::string& annotations_folder = "AnnotationsByMD")
      : images(temporary.path() / images_folder), annotations(temporary.path() / annotations_folder) {
    std::filesystem::create_directories(annotations / "400_junior");
    std::filesystem::create_directories(annotations / "400_senior");
  }

  /// `part` is TrainingData, Test1Data or Test2Data.
  void add_film(const std::string& part, const std::string& number, const std::string& bytes) const {
    std::filesystem::create_directories(images / part);
    write_bytes(images / part / (number + ".bmp"), bytes);
    write_bytes(junior(number), joined(annotation_lines()));
    write_bytes(senior(number), joined(annotation_lines(2)));
  }
  std::filesystem::path junior(const std::string& number) const {
    return annotations / "400_junior" / (number + ".txt");
  }
  std::filesystem::path senior(const std::string& number) const {
    return annotations / "400_senior" / (number + ".txt");
  }
  std::filesystem::path path() const { return temporary.path(); }

  hpctrain::test::TemporaryFolder temporary;
  std::filesystem::path images, annotations;
};

}  // namespace hpctrain::pack::test
