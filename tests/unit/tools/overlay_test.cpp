// Looks for strokes by their colours, where the test says that they must be.
#include "tools/overlay.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace hpctrain::tools {
namespace {

pack::Image grey_picture(std::uint64_t width, std::uint64_t height) {
  return {{width, height}, 1, std::vector<std::byte>(width * height, std::byte{90})};
}

std::array<int, 3> colour_at(const pack::Image& image, std::uint64_t x, std::uint64_t y) {
  std::array<int, 3> colour{};
  for (std::size_t c = 0; c < 3; ++c) {
    colour[c] = std::to_integer<int>(image.pixels[(y * image.size.width + x) * 3 + c]);
  }
  return colour;
}

bool is_red(const std::array<int, 3>& c) {
  return c[0] > 200 && c[1] < 100;
}
bool is_green(const std::array<int, 3>& c) {
  return c[1] > 200 && c[0] < 100;
}

TEST(Overlay, CrossesPredictionAndTruthWhereTheyLie) {
  const std::vector<OverlayMark> marks = {{.prediction = {50, 30}, .truth = OverlayPoint{70, 80}, .label = "L1"}};
  const auto drawn = draw_overlay(grey_picture(200, 100), marks, "film");
  EXPECT_EQ(drawn.size, (pack::ImageSize{1000, 500}));
  ASSERT_EQ(drawn.channels, 3u);
  ASSERT_EQ(drawn.pixels.size(), 1000u * 500 * 3);
  // Zoomed five times, centres at integers: 5·x + 2.
  EXPECT_TRUE(is_red(colour_at(drawn, 252, 152)));
  EXPECT_TRUE(is_red(colour_at(drawn, 256, 156)));
  EXPECT_TRUE(is_green(colour_at(drawn, 352, 402)));
  EXPECT_TRUE(is_green(colour_at(drawn, 352, 407)));
  EXPECT_EQ(colour_at(drawn, 900, 450), (std::array{90, 90, 90}));
}

TEST(Overlay, WritesLabelsBesidePredictions) {
  const auto count_white = [](const std::string& label) {
    const std::vector<OverlayMark> marks = {{.prediction = {100, 50}, .label = label}};
    const auto drawn = draw_overlay(grey_picture(200, 100), marks, "");
    std::size_t white = 0;
    for (std::uint64_t x = 500; x < 700; ++x) {
      for (std::uint64_t y = 240; y < 270; ++y) white += colour_at(drawn, x, y) == std::array{255, 255, 255};
    }
    return white;
  };
  EXPECT_EQ(count_white(""), 0u);
  EXPECT_GT(count_white("L7 1.3 mm"), 40u);
}

constexpr std::uint64_t kLegendEnd = 30;  // pixels; it says what marks there are, seen or not

TEST(Overlay, DrawsNothingForPointsFarOutsideOrNotANumber) {
  const std::vector<OverlayMark> marks = {{.prediction = {-1e9, 1e9}, .label = "far"},
                                          {.prediction = {NAN, 0}, .label = "none"}};
  const auto drawn = draw_overlay(grey_picture(20, 10), marks, "");
  const auto plain = draw_overlay(grey_picture(20, 10), {}, "");
  ASSERT_EQ(drawn.size, plain.size);
  for (std::uint64_t y = kLegendEnd; y < plain.size.height; ++y) {
    for (std::uint64_t x = 0; x < plain.size.width; ++x) ASSERT_EQ(colour_at(drawn, x, y), colour_at(plain, x, y));
  }
}

TEST(Overlay, WritesQuestionMarksForLettersThatTheFontLacks) {
  EXPECT_EQ(draw_overlay(grey_picture(20, 10), {}, "M\xc3\xbcller\n"),
            draw_overlay(grey_picture(20, 10), {}, "M??ller?"));
}

}  // namespace
}  // namespace hpctrain::tools
