// Encoded pictures against pictures whose pixels are known: PNG keeps them, JPEG keeps flat colours.
#include "data/picture_decoder.hpp"

#include <gtest/gtest.h>
#include <png.h>
#include <zlib.h>
// After <cstdio>, which it needs and does not include.
#include <jpeglib.h>

#include <cstdlib>
#include <vector>

namespace hpctrain::data {
namespace {

using Pixels = std::vector<unsigned char>;

/// Left half dark red, right half light blue; [height, width, 3].
Pixels two_halves(unsigned height, unsigned width) {
  Pixels pixels;
  for (unsigned i = 0; i < height * width; ++i) {
    const bool is_left = i % width < width / 2;
    for (const int level : is_left ? std::array{120, 10, 20} : std::array{90, 160, 240}) {
      pixels.push_back(static_cast<unsigned char>(level));
    }
  }
  return pixels;
}

std::vector<std::byte> as_png(const Pixels& pixels, unsigned height, unsigned width) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.height = height;
  image.width = width;
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> file(bytes);
  png_image_write_to_memory(&image, file.data(), &bytes, 0, pixels.data(), 0, nullptr);
  file.resize(bytes);
  return file;
}

std::vector<std::byte> as_jpeg(Pixels pixels, unsigned height, unsigned width) {
  jpeg_compress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* memory = nullptr;
  unsigned long bytes = 0;
  jpeg_mem_dest(&jpeg, &memory, &bytes);
  jpeg.image_height = height;
  jpeg.image_width = width;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 95, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < height) {
    JSAMPROW row = pixels.data() + jpeg.next_scanline * width * 3;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  const auto* begin = reinterpret_cast<const std::byte*>(memory);
  std::vector<std::byte> file(begin, begin + bytes);
  jpeg_destroy_compress(&jpeg);
  std::free(memory);
  return file;
}

class FixedWindow final : public ImageWindowPlan {
 public:
  explicit FixedWindow(const ImageWindow& window) : window_(window) {}
  ImageSize output() const override { return window_.size; }
  ImageWindow plan_window(std::uint64_t, std::uint64_t, ImageSize) const override { return window_; }

 private:
  ImageWindow window_;
};

FieldSchema delivered(std::uint64_t height, std::uint64_t width) {
  FieldSchema field;
  field.sample_shape = {height, width, 3};
  field.row_bytes = height * width * 3;
  return field;
}

std::optional<std::string> decode(const std::vector<std::byte>& file, const std::string& codec,
                                  const FieldSchema& field, const ImageWindowPlan* windows, Pixels& pixels) {
  pixels.assign(field.row_bytes, 0);
  PictureDecoder decoder;
  return decoder.decode(file, {codec, field, windows, 0, 0}, reinterpret_cast<std::byte*>(pixels.data()));
}

void expect_colour(const Pixels& pixels, std::size_t pixel, int red, int green, int blue, int slack) {
  EXPECT_NEAR(pixels[pixel * 3], red, slack);
  EXPECT_NEAR(pixels[pixel * 3 + 1], green, slack);
  EXPECT_NEAR(pixels[pixel * 3 + 2], blue, slack);
}

TEST(PictureDecoder, TurnsAColouredPngGreyAsThePackerDoes) {
  FieldSchema field = delivered(1, 3);
  field.sample_shape = {1, 3, 1};
  field.row_bytes = 3;
  Pixels pixels;
  ASSERT_FALSE(decode(as_png({255, 0, 0, 0, 0, 255, 10, 200, 30}, 1, 3), "png", field, nullptr, pixels));
  EXPECT_EQ(pixels, (Pixels{76, 29, 124}));
}

TEST(PictureDecoder, GivesTheVeryPixelsOfAPng) {
  const Pixels original = two_halves(9, 14);
  Pixels pixels;
  EXPECT_FALSE(decode(as_png(original, 9, 14), "png", delivered(9, 14), nullptr, pixels));
  EXPECT_EQ(pixels, original);
}

/// Both sides as a header of the codec says them: 37,800 × 37,800 pixels are more than the format allows.
std::vector<std::byte> with_huge_sides(std::vector<std::byte> file, const std::string& codec) {
  constexpr unsigned kSide = 37800;
  const auto put = [&](std::size_t at, unsigned value, int bytes) {
    for (int i = 0; i < bytes; ++i) file[at + i] = static_cast<std::byte>(value >> (8 * (bytes - 1 - i)));
  };
  if (codec == "png") {
    constexpr std::size_t kHeader = 12, kWidth = 16, kSum = 29;  // of the first chunk: its name, its content, its sum
    put(kWidth, kSide, 4);
    put(kWidth + 4, kSide, 4);
    const auto* covered = reinterpret_cast<const Bytef*>(file.data() + kHeader);
    put(kSum, static_cast<unsigned>(::crc32(0, covered, kSum - kHeader)), 4);
    return file;
  }
  std::size_t frame = 2;
  while (file[frame + 1] != std::byte{0xC0}) {
    frame += 2 + 256 * std::to_integer<std::size_t>(file[frame + 2]) + std::to_integer<std::size_t>(file[frame + 3]);
  }
  put(frame + 5, kSide, 2);
  put(frame + 7, kSide, 2);
  return file;
}

TEST(PictureDecoder, RefusesASizeThatNoPictureOfTheFormatHas) {
  for (const std::string codec : {"png", "jpeg"}) {
    const Pixels original = two_halves(64, 96);
    const auto file = codec == "png" ? as_png(original, 64, 96) : as_jpeg(original, 64, 96);
    Pixels pixels;
    const auto refusal = decode(with_huge_sides(file, codec), codec, delivered(64, 96), nullptr, pixels);
    ASSERT_TRUE(refusal.has_value()) << codec;
    EXPECT_NE(refusal->find("larger than any picture"), std::string::npos) << *refusal;
  }
}

TEST(PictureDecoder, ResizesTheWholePicture) {
  for (const std::string codec : {"png", "jpeg"}) {
    const Pixels original = two_halves(64, 96);
    const auto file = codec == "png" ? as_png(original, 64, 96) : as_jpeg(original, 64, 96);
    for (const std::uint64_t side : {8u, 40u, 200u}) {
      Pixels pixels;
      ASSERT_FALSE(decode(file, codec, delivered(side, side), nullptr, pixels));
      expect_colour(pixels, side * (side / 2), 120, 10, 20, 4);
      expect_colour(pixels, side * (side / 2) + side - 1, 90, 160, 240, 4);
    }
  }
}

TEST(PictureDecoder, DecodesTheWindowThatIsAskedFor) {
  for (const std::string codec : {"png", "jpeg"}) {
    const Pixels original = two_halves(64, 96);
    const auto file = codec == "png" ? as_png(original, 64, 96) : as_jpeg(original, 64, 96);
    // The border between the colours lies at column 48: after 12 of the window's 24 columns.
    const FixedWindow windows({20, 36, {16, 24}});
    Pixels pixels;
    ASSERT_FALSE(decode(file, codec, delivered(16, 24), &windows, pixels));
    expect_colour(pixels, 24 * 8 + 10, 120, 10, 20, 12);
    expect_colour(pixels, 24 * 8 + 13, 90, 160, 240, 12);
  }
}

TEST(PictureDecoder, SaysWhatIsWrongWithAPictureThatIsCutShort) {
  for (const std::string codec : {"png", "jpeg"}) {
    const Pixels original = two_halves(64, 96);
    auto file = codec == "png" ? as_png(original, 64, 96) : as_jpeg(original, 64, 96);
    file.resize(file.size() / 2);
    Pixels pixels;
    const auto complaint = decode(file, codec, delivered(16, 16), nullptr, pixels);
    ASSERT_TRUE(complaint.has_value());
    EXPECT_NE(complaint->find("damaged or cut short"), std::string::npos);
  }
}

}  // namespace
}  // namespace hpctrain::data
