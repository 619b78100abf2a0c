// Pictures against files put together by hand and by Pillow, and against every kind of damage.
#include "pack/image_file.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/file_system.hpp"
#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/bmp_fixture.hpp"
#include "unit/pack/support/picture_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;
using test::levels;
using test::png_bytes;
using test::PngText;

struct Folder {
  const std::filesystem::path& write(const std::string& bytes) const {
    test::write_bytes(path, bytes);
    return path;
  }
  Image read(const std::string& bytes) const { return read_image_file(write(bytes)); }
  ImageHeader header(const std::string& bytes) const { return read_image_header(write(bytes)); }

  hpctrain::test::TemporaryFolder folder;
  std::filesystem::path path = folder / "picture";
};

void expect_refused(const std::vector<std::string>& parts, const std::string& bytes) {
  const Folder folder;
  folder.write(bytes);
  expect_error(Fault::data, {"picture: "}, [&] { read_image_file(folder.path); });
  expect_error(Fault::data, parts, [&] { read_image_file(folder.path); });
}

TEST(ImageFile, ReadsGreyPng) {
  const Image image = Folder().read(png_bytes({}));
  EXPECT_EQ(image.size, (ImageSize{3, 2}));
  EXPECT_EQ(image.channels, 1u);
  EXPECT_EQ(levels(image), (std::vector<int>{10, 20, 30, 40, 50, 255}));
}

TEST(ImageFile, ReadsColouredPng) {
  PngText text{.width = 2, .height = 1, .colour = 2, .chunks = {}, .rows = {"\0\1\2\3\4\5\6", 7}};
  const Image image = Folder().read(png_bytes(text));
  EXPECT_EQ(image.channels, 3u);
  EXPECT_EQ(levels(image), (std::vector<int>{1, 2, 3, 4, 5, 6}));
}

TEST(ImageFile, SpreadsFewBitsOverAllLevels) {
  PngText text{.width = 4, .height = 1, .depth = 2, .chunks = {}, .rows = {"\0\x1b", 2}};  // 0 1 2 3
  EXPECT_EQ(levels(Folder().read(png_bytes(text))), (std::vector<int>{0, 85, 170, 255}));
}

TEST(ImageFile, RoundsSixteenBits) {
  PngText text{.width = 3, .height = 1, .depth = 16, .chunks = {}, .rows = {"\0\x01\x80\x01\x81\xff\xff", 7}};
  // 384 / 257 = 1.494, 385 / 257 = 1.498, 65535 / 257 = 255
  EXPECT_EQ(levels(Folder().read(png_bytes(text))), (std::vector<int>{1, 1, 255}));
  text.rows = std::string("\0\x01\x82\x00\x80\x00\x81", 7);  // 1.502, 0.498, 0.502
  EXPECT_EQ(levels(Folder().read(png_bytes(text))), (std::vector<int>{2, 0, 1}));
}

TEST(ImageFile, APaletteOfGreysGivesOneChannelAndAnyOtherThree) {
  PngText text{
      .width = 2, .height = 1, .colour = 3, .chunks = {{"PLTE", "\x07\x07\x07\x09\x09\x09"}}, .rows = {"\0\1\0", 3}};
  EXPECT_EQ(Folder().read(png_bytes(text)), test::make_image({2, 1}, 1, {9, 7}));
  EXPECT_EQ(Folder().header(png_bytes(text)).channels, 1u);
  text.chunks = {{"PLTE", "\x07\x07\x07\x09\x08\x09"}};
  EXPECT_EQ(Folder().read(png_bytes(text)), test::make_image({2, 1}, 3, {9, 8, 9, 7, 7, 7}));
  EXPECT_EQ(Folder().header(png_bytes(text)).channels, 3u);
}

TEST(ImageFile, LaysTransparencyOnBlack) {
  const PngText grey{.width = 3, .height = 1, .colour = 4, .chunks = {}, .rows = {"\0\xc8\xff\xc8\x80\xc8\0", 7}};
  EXPECT_EQ(levels(Folder().read(png_bytes(grey))), (std::vector<int>{200, 100, 0}));
  const PngText colour{.width = 1, .height = 1, .colour = 6, .chunks = {}, .rows = {"\0\xc8\x64\x0a\x33", 5}};
  EXPECT_EQ(Folder().read(png_bytes(colour)), test::make_image({1, 1}, 3, {40, 20, 2}));
  PngText key{.chunks = {{"tRNS", std::string("\0\xff", 2)}}};  // level 255 is clear
  EXPECT_EQ(levels(Folder().read(png_bytes(key))), (std::vector<int>{10, 20, 30, 40, 50, 0}));
}

TEST(ImageFile, ReadsGreyJpegToOneLevel) {
  const Image image = Folder().read(test::grey_jpeg());
  ASSERT_EQ(image.size, (ImageSize{16, 8}));
  ASSERT_EQ(image.channels, 1u);
  for (int i = 0; i < 16 * 8; ++i) EXPECT_NEAR(levels(image)[i], 20 + 12 * (i % 16), 4);  // quality 60
}

TEST(ImageFile, ReadsBaselineAndProgressiveJpegAlike) {
  const Image image = Folder().read(test::colour_jpeg());
  ASSERT_EQ(image.channels, 3u);
  const std::vector<int> values = levels(image);
  const std::vector<int> left(values.begin(), values.begin() + 3), right(values.end() - 3, values.end());
  EXPECT_EQ(left, (std::vector<int>{199, 30, 59}));  // as Pillow reads it
  EXPECT_EQ(right, (std::vector<int>{21, 90, 220}));
  EXPECT_EQ(Folder().read(test::progressive_jpeg()), image);
}

TEST(ImageFile, StandsPicturesUpright) {
  // Stored as 1 2 3 / 4 5 6; what each EXIF orientation makes of it.
  const std::vector<std::vector<int>> upright{{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                              {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                              {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool is_big_endian : {true, false}) {
      PngText text{.chunks = {{"eXIf", test::exif_bytes(orientation, is_big_endian)}}};
      text.rows = std::string("\0\1\2\3\0\4\5\6", 8);
      const ImageSize size = orientation < 5 ? ImageSize{3, 2} : ImageSize{2, 3};
      EXPECT_EQ(Folder().read(png_bytes(text)), test::make_image(size, 1, upright[orientation - 1])) << orientation;
      EXPECT_EQ(Folder().header(png_bytes(text)).size, size);
    }
  }
}

TEST(ImageFile, StandsJpegPicturesUpright) {
  const Image image = Folder().read(test::with_exif(test::grey_jpeg(), 6));  // turned to the right
  ASSERT_EQ(image.size, (ImageSize{8, 16}));
  for (int y = 0; y < 16; ++y) EXPECT_NEAR(levels(image)[8 * y], 20 + 12 * y, 4);
  EXPECT_EQ(Folder().header(test::with_exif(test::grey_jpeg(), 6)).size, image.size);
}

TEST(ImageFile, ReadsHeadersOfEveryFormat) {
  for (const std::string& bytes : {png_bytes({}), test::bmp_bytes({}), test::bmp_bytes(test::coloured_bmp()),
                                   test::grey_jpeg(), test::colour_jpeg(), test::progressive_jpeg()}) {
    const Image whole = Folder().read(bytes);
    const ImageHeader header = Folder().header(bytes);
    EXPECT_EQ(header.size, whole.size);
    EXPECT_EQ(header.channels, whole.channels);
  }
}

TEST(ImageFile, NamesWhatIsNoPicture) {
  expect_refused({"is empty"}, "");
  expect_refused({"47 49 46 38 39 61 (GIF89a)", "BMP, PNG or JPEG", "convert it"}, "GIF89a");
  const Folder folder;
  expect_error(Fault::data, {"picture", "is missing"}, [&] { read_image_file(folder.path); });
  expect_error(Fault::data, {"no regular file"}, [&] { read_image_file(folder.folder.path()); });
}

/// Cut from its end, byte by byte.
void expect_cuts_refused(const std::string& bytes) {
  const Folder folder;
  folder.write(bytes);
  EXPECT_NO_THROW(read_image_file(folder.path));
  for (std::size_t kept = bytes.size() - 1; kept > 0; --kept) {
    std::filesystem::resize_file(folder.path, kept);
    expect_error(Fault::data, {"picture: "}, [&] { read_image_file(folder.path); });
  }
}

TEST(ImageFile, RefusesPngCutAtAnyByte) {
  expect_cuts_refused(png_bytes({}));
}

TEST(ImageFile, RefusesJpegCutAtAnyByte) {
  expect_cuts_refused(test::grey_jpeg());
  expect_cuts_refused(test::progressive_jpeg());
}

TEST(ImageFile, EveryByteOfAPngFileIsCheckedBySums) {
  const Folder folder;
  const std::string bytes = png_bytes({.chunks = {{"tEXt", std::string("Title\0film", 10)}}});
  folder.write(bytes);
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    data::test::flip_bit(folder.path, place, 2);
    expect_error(Fault::data, {"picture: "}, [&] { read_image_file(folder.path); });
    data::test::flip_bit(folder.path, place, 2);
  }
}

TEST(ImageFile, RefusesAPngWithTooFewRows) {
  expect_refused({"PNG file is damaged or cut short"}, png_bytes({.height = 3, .chunks = {}}));
}

TEST(ImageFile, AHeadThatLiesAboutItsSizeCostsNoMemory) {
  expect_refused({"100000 × 100000", "make it smaller"}, png_bytes({.width = 100000, .height = 100000, .chunks = {}}));
  expect_refused({"16000 × 16000", "cannot be in"}, png_bytes({.width = 16000, .height = 16000, .chunks = {}}));
  std::string jpeg = test::grey_jpeg();
  const std::size_t frame = jpeg.find("\xff\xc0");
  jpeg.replace(frame + 5, 4, std::string("\x3e\x80\x3e\x80"));
  expect_refused({"16000 × 16000", "cannot be in"}, jpeg);
}

TEST(ImageFile, RefusesCmyk) {
  std::string jpeg = test::grey_jpeg();
  const std::size_t frame = jpeg.find("\xff\xc0");
  jpeg.replace(frame, 13, std::string("\xff\xc0\0\x14\x08\0\x08\0\x10\4\1\x11\0\2\x11\0\3\x11\0\4\x11\0", 22));
  expect_refused({"CMYK", "convert it to RGB"}, jpeg);
}

TEST(ImageFile, TellsPicturesByTheirNamesInAnyCase) {
  for (const char* name : {"a.bmp", "b/c.PNG", "d.e.Jpg", "f.jpeg"}) EXPECT_TRUE(has_image_name(name)) << name;
  for (const char* name : {"a", "png", "a.gif", "a.png.txt", ".png"}) EXPECT_FALSE(has_image_name(name)) << name;
}

TEST(ImageFile, WritesPngThatHoldsThePixelsAndNoTime) {
  const Folder folder;
  const Image image = test::make_image({2, 2}, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  save_png(folder.path, image);
  const std::string bytes = posix_file_system().read_file(folder.path);
  EXPECT_EQ(bytes.substr(0, 29), png_bytes({.width = 2, .height = 2, .colour = 2, .chunks = {}}).substr(0, 29));
  EXPECT_EQ(bytes.find("tIME"), std::string::npos);
  EXPECT_EQ(read_image_file(folder.path), image);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.folder.path()), {}), 1);
}

TEST(ImageFile, SaysWhereAPngCannotBeWritten) {
  const Folder folder;
  expect_error(Fault::storage, {"picture"}, [&] { save_png(folder.path / "x", test::make_image({1, 1}, 1, {0})); });
}

/// Flips up to four bytes, cuts some files, and reads: a picture or an Error, nothing else.
int count_decoded(const std::string& whole, unsigned seed) {
  const Folder folder;
  std::mt19937 random(seed);
  int decoded = 0;
  for (int i = 0; i < 300; ++i) {
    std::string bytes = whole;
    for (unsigned flips = random() % 4 + 1; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random() & 0xff);
    }
    if (random() % 5 == 0) bytes.resize(random() % bytes.size());
    try {
      const Image image = folder.read(bytes);
      EXPECT_EQ(image.pixels.size(), image.size.width * image.size.height * image.channels);
      ++decoded;
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::data) << error.what();
    }
  }
  return decoded;
}

TEST(ImageFile, MutatedPngDecodesOrIsRefused) {
  PngText text{.width = 2, .height = 2, .colour = 6, .chunks = {{"eXIf", test::exif_bytes(6)}}};
  text.rows = std::string("\0\1\2\3\4\5\6\7\x8\0\1\2\3\4\5\6\7\x8", 18);
  EXPECT_LT(count_decoded(png_bytes(text), 1), 30);
}

TEST(ImageFile, MutatedJpegDecodesOrIsRefused) {
  EXPECT_LT(count_decoded(test::with_exif(test::grey_jpeg(), 8), 2), 280);
  EXPECT_LT(count_decoded(test::colour_jpeg(), 3), 280);
  EXPECT_LT(count_decoded(test::progressive_jpeg(), 4), 280);
}

}  // namespace
}  // namespace hpctrain::pack
