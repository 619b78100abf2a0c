// Bitmaps against bytes written by hand, and against every kind of damage.
#include "pack/bmp_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "core/file_system.hpp"
#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/bmp_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;
using test::BmpText;

struct Folder {
  std::filesystem::path write(const std::string& bytes) const {
    test::write_bytes(path, bytes);
    return path;
  }
  Image read(const std::string& bytes) const { return read_bmp_file(write(bytes)); }

  hpctrain::test::TemporaryFolder folder;
  std::filesystem::path path = folder / "film.bmp";
};

std::vector<int> values(const Image& image) {
  std::vector<int> result;
  for (const std::byte b : image.pixels) result.push_back(std::to_integer<int>(b));
  return result;
}

/// Reading the file with these bytes, and where it concerns the header reading that, fails naming the file.
void expect_damage(const std::vector<std::string>& parts, const BmpText& text) {
  const Folder folder;
  folder.write(test::bmp_bytes(text));
  expect_error(Fault::data, parts, [&] { read_bmp_file(folder.path); });
  expect_error(Fault::data, {"film.bmp"}, [&] { read_bmp_file(folder.path); });
  expect_error(Fault::data, parts, [&] { read_bmp_header(folder.path); });
}

TEST(BmpFile, LooksUpGreysOfAPaletteBottomRowFirst) {
  const Image image = Folder().read(test::bmp_bytes({}));
  EXPECT_EQ(image.size, (ImageSize{3, 2}));
  EXPECT_EQ(image.channels, 1u);
  EXPECT_EQ(values(image), (std::vector<int>{20, 20, 10, 10, 20, 10}));
}

TEST(BmpFile, ReadsTopDownRows) {
  BmpText text;
  text.height = 0xfffffffe;
  EXPECT_EQ(values(Folder().read(test::bmp_bytes(text))), (std::vector<int>{10, 20, 10, 20, 20, 10}));
}

TEST(BmpFile, AColouredPaletteGivesThreeChannels) {
  BmpText text;
  text.palette = std::string("\x01\x02\x03\0\x14\x14\x14\0", 8);
  const Image image = Folder().read(test::bmp_bytes(text));
  EXPECT_EQ(image.channels, 3u);
  EXPECT_EQ(values(image), (std::vector<int>{20, 20, 20, 20, 20, 20, 3, 2, 1, 3, 2, 1, 20, 20, 20, 3, 2, 1}));
}

TEST(BmpFile, ReadsTwentyFourBitsAsRedGreenBlue) {
  const Image image = Folder().read(test::bmp_bytes(test::coloured_bmp()));
  EXPECT_EQ(image.channels, 3u);
  EXPECT_EQ(values(image), (std::vector<int>{9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4}));
}

TEST(BmpFile, ReadsThirtyTwoBitsWithoutTheirFourthByte) {
  BmpText text = test::coloured_bmp();
  text.width = 1;
  text.bits = 32;
  text.pixels = "\x01\x02\x03\xff\x04\x05\x06\x80";
  EXPECT_EQ(values(Folder().read(test::bmp_bytes(text))), (std::vector<int>{6, 5, 4, 3, 2, 1}));
}

TEST(BmpFile, ReadsLaterHeadsAndPixelsThatStartLater) {
  for (const std::uint32_t info_bytes : {52u, 56u, 108u, 124u}) {
    BmpText text;
    text.info_bytes = info_bytes;
    text.palette += "spare";
    text.offset = 14 + info_bytes + 8 + 5;
    EXPECT_EQ(values(Folder().read(test::bmp_bytes(text))), (std::vector<int>{20, 20, 10, 10, 20, 10}));
  }
}

TEST(BmpFile, ALastRowMayLackItsPadding) {
  BmpText text = test::coloured_bmp();
  text.pixels.resize(14);
  EXPECT_EQ(values(Folder().read(test::bmp_bytes(text))).size(), 12u);
  text.pixels.resize(13);
  expect_damage({"is cut short", "end at byte 68, the file at 67", "copy or fetch"}, text);
}

TEST(BmpFile, TheHeaderTellsSizeAndChannels) {
  const Folder folder;
  EXPECT_EQ(read_bmp_header(folder.write(test::bmp_bytes({}))), (Image{{3, 2}, 1, {}}));
  EXPECT_EQ(read_bmp_header(folder.write(test::bmp_bytes(test::coloured_bmp()))), (Image{{2, 2}, 3, {}}));
}

TEST(BmpFile, RefusesWhatItDoesNotDecodeAndNamesTheCure) {
  const std::string cure = "convert it to an uncompressed bitmap of 8 or 24 bits";
  BmpText text;
  text.compression = 1;
  expect_damage({"is compressed (method 1)", cure}, text);
  BmpText fields;
  fields.bits = 32;
  fields.compression = 3;
  expect_damage({"is 32-bit with bit fields", "save it as 24-bit"}, fields);
  for (const std::uint32_t bits : {0u, 1u, 4u, 16u, 64u}) {
    BmpText other;
    other.bits = bits;
    expect_damage({std::to_string(bits) + " bits per pixel", cure}, other);
  }
  BmpText old;
  old.info_bytes = 12;
  expect_damage({"information head of 12 bytes", cure}, old);
}

TEST(BmpFile, RefusesSizesThatLie) {
  const auto sized = [](std::uint32_t width, std::uint32_t height) {
    BmpText text;
    text.width = width;
    text.height = height;
    return text;
  };
  expect_damage({"0 × 2 pixels"}, sized(0, 2));
  expect_damage({"3 × 0 pixels"}, sized(3, 0));
  expect_damage({"4294967295 × 2 pixels"}, sized(0xffffffff, 2));
  expect_damage({"2147483647 × 2147483648 pixels", "more than 268435456"}, sized(0x7fffffff, 0x80000000));
  expect_damage({"16384 × 16385 pixels", "more than 268435456"}, sized(16384, 16385));
  expect_damage({"is cut short", "16384 × 16384 pixels"}, sized(16384, 16384));
  expect_damage({"is cut short"}, sized(3, 3));
}

TEST(BmpFile, RefusesOffsetsAndPalettesThatLie) {
  BmpText text;
  text.offset = 0xffffffff;
  expect_damage({"is cut short"}, text);
  text.offset = 61;
  expect_damage({"pixels start at byte 61, inside its head"}, text);
  text.offset = 62;
  text.colours = 257;
  expect_damage({"palette has 257 colours"}, text);
  text.colours = 5;
  expect_damage({"palette has 5 colours"}, text);
  text.colours = 0xffffffff;
  expect_damage({"palette has 4294967295 colours"}, text);
}

TEST(BmpFile, RefusesAPixelOutsideThePalette) {
  const Folder folder;
  BmpText text;
  text.pixels[4] = 2;
  folder.write(test::bmp_bytes(text));
  expect_error(Fault::data, {"film.bmp", "colour 2 of a palette of 2"}, [&] { read_bmp_file(folder.path); });
}

TEST(BmpFile, RefusesWhatIsNoBitmap) {
  const Folder folder;
  expect_error(Fault::data, {"film.bmp", "cannot be opened"}, [&] { read_bmp_file(folder.path); });
  expect_error(Fault::data, {"is no regular file"}, [&] { read_bmp_file(folder.folder.path()); });
  expect_error(Fault::data, {"film.bmp", "inside its head"}, [&] { folder.read(""); });
  expect_error(Fault::data, {"film.bmp", "is no bitmap"}, [&] { folder.read(std::string(100, 'x')); });
}

TEST(BmpFile, RefusesAPipeWithoutWaitingForIt) {
  const Folder folder;
  ASSERT_EQ(::mkfifo(folder.path.c_str(), 0600), 0);
  expect_error(Fault::data, {"film.bmp", "no regular file"}, [&] { read_bmp_file(folder.path); });
}

TEST(BmpFile, WritesGreyBytesAsTheFormatSays) {
  const Folder folder;
  const Image image{{3, 2}, 1, {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}, std::byte{5}, std::byte{6}}};
  save_bmp(folder.path, image);
  const std::string bytes = posix_file_system().read_file(folder.path);
  ASSERT_EQ(bytes.size(), 14u + 40 + 1024 + 8);
  EXPECT_EQ(bytes.substr(0, 14), std::string("BM\x3e\x04\0\0\0\0\0\0\x36\x04\0\0", 14));
  EXPECT_EQ(bytes.substr(14, 20), std::string("\x28\0\0\0\x03\0\0\0\x02\0\0\0\x01\0\x08\0\0\0\0\0", 20));
  EXPECT_EQ(bytes.substr(54 + 4 * 200, 4), std::string("\xc8\xc8\xc8\0", 4));
  EXPECT_EQ(bytes.substr(1078), std::string("\4\5\6\0\1\2\3\0", 8));
}

TEST(BmpFile, WritesColouredPixelsBlueFirst) {
  const Folder folder;
  save_bmp(folder.path,
           {{1, 2}, 3, {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}, std::byte{5}, std::byte{6}}});
  EXPECT_EQ(posix_file_system().read_file(folder.path).substr(54), std::string("\6\5\4\0\3\2\1\0", 8));
}

TEST(BmpFile, WhatCannotBeSavedLeavesNothingBehind) {
  const Folder folder;
  std::filesystem::create_directories(folder.path / "in the way");
  expect_error(Fault::storage, {"film.bmp"}, [&] { save_bmp(folder.path, {{1, 1}, 1, {std::byte{9}}}); });
  EXPECT_EQ(posix_file_system().list_folder(folder.folder.path()), (std::vector<std::string>{"film.bmp"}));
}

TEST(BmpFile, DamageIsDecodedOrRefusedButNeverMore) {
  const Folder folder;
  std::mt19937 random(2015);
  int refused = 0;
  for (int round = 0; round < 500; ++round) {
    std::string bytes = test::bmp_bytes(round % 2 == 0 ? BmpText{} : test::coloured_bmp());
    for (unsigned flips = random() % 4; flips > 0; --flips)
      bytes[random() % bytes.size()] ^= static_cast<char>(1u << random() % 8);
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    try {
      const Image image = folder.read(bytes);
      ASSERT_EQ(image.pixels.size(), image.size.width * image.size.height * image.channels);
      ASSERT_LE(image.pixels.size(), 3 * bytes.size());
    } catch (const Error& error) {
      ASSERT_EQ(error.fault(), Fault::data) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, 500);
}

}  // namespace
}  // namespace hpctrain::pack
