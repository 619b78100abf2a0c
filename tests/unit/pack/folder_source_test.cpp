// Folders of pictures written by hand: layouts, order, what a record holds, and what is wrong.
#include "pack/folder_source.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/bmp_fixture.hpp"
#include "unit/pack/support/picture_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;
using test::png_bytes;

/// Files of the given names, each a grey PNG of 3 × 2 whose first level is its place in the list.
struct Folder {
  explicit Folder(const std::vector<std::string>& names) {
    settings.path = folder.path();
    for (std::size_t i = 0; i < names.size(); ++i) {
      write(names[i], png_bytes({.chunks = {},
                                 .rows = std::string(1, '\0') + static_cast<char>(i) +
                                         std::string("\x14\x1e\0\x28\x32\xff", 6)}));
    }
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((folder / name).parent_path());
    test::write_bytes(folder / name, bytes);
  }

  hpctrain::test::TemporaryFolder folder;
  SourceSettings settings;
};

struct Record {
  std::vector<std::byte> image;
  std::int64_t label = -1;
};

Record read(FolderSource& source, std::uint64_t record) {
  Record result;
  result.image.resize(source.fields()[0].row_bytes);
  const std::vector<std::span<std::byte>> rows{result.image, std::as_writable_bytes(std::span(&result.label, 1))};
  source.read_record(record, rows);
  return result;
}

void expect_refused(const Folder& folder, const std::vector<std::string>& parts) {
  expect_error(Fault::data, parts, [&] { FolderSource source(folder.settings); });
}

TEST(FolderSource, TakesClassesAndPicturesSortedBytewise) {
  Folder folder({"dog/b.png", "dog/B.PNG", "Cat/x/z.png", "Cat/y.png"});
  FolderSource source(folder.settings);
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"train", 4}}));
  EXPECT_EQ(source.fields()[1].class_names, (std::vector<std::string>{"Cat", "dog"}));
  EXPECT_EQ(source.fields()[1].num_classes, 2u);
  std::vector<int> places, labels;
  for (std::uint64_t i = 0; i < 4; ++i) {
    const Record record = read(source, i);
    places.push_back(std::to_integer<int>(record.image[0]));
    labels.push_back(static_cast<int>(record.label));
  }
  EXPECT_EQ(places, (std::vector<int>{2, 3, 1, 0}));
  EXPECT_EQ(labels, (std::vector<int>{0, 0, 1, 1}));
}

TEST(FolderSource, ReadsTheFoldersOfSplits) {
  Folder folder({"test/b/1.png", "train/a/2.png", "train/b/3.png", "valid/a/4.png"});
  FolderSource source(folder.settings);
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"train", 2}, {"validation", 1}, {"test", 1}}));
  const Record last = read(source, 3);
  EXPECT_EQ(last.image[0], std::byte{0});
  EXPECT_EQ(last.label, 1);
}

TEST(FolderSource, AClassMayBeCalledTrain) {
  EXPECT_EQ(FolderSource(Folder({"car/1.png", "train/2.png"}).settings).fields()[1].class_names,
            (std::vector<std::string>{"car", "train"}));
  EXPECT_EQ(FolderSource(Folder({"car/1.png", "train/steam/2.png"}).settings).fields()[1].class_names,
            (std::vector<std::string>{"car", "train"}));
}

TEST(FolderSource, CountsFilesThatAreNoPicturesAndPassesOverHiddenOnes) {
  Folder folder({"a/1.png", "a/4.png", "a/.hidden.png", "a/.thumbs/2.png", ".git/3.png"});
  EXPECT_EQ(FolderSource(folder.settings).note(), "");
  folder.write("README", "x");
  folder.write("a/notes.txt", "x");
  FolderSource source(folder.settings);
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"train", 2}}));
  EXPECT_EQ(source.note(), "left out 2 files that are no pictures by their names");
}

TEST(FolderSource, TellsWhichClassesHaveASinglePicture) {
  Folder folder({"ant/1.png", "bee/1.png", "bee/2.png", "cat/1.png"});
  EXPECT_EQ(FolderSource(folder.settings).note(),
            "2 of 3 classes have a single picture, which is learned from or scored, never both: ant, cat");
  Folder many({"a/1.png", "b/1.png", "c/1.png", "d/1.png"});
  EXPECT_TRUE(FolderSource(many.settings).note().ends_with("never both: a, b, c, …"));
}

TEST(FolderSource, ChannelsFollowThePicturesOrTheOption) {
  Folder folder({"a/1.png"});
  const auto channels = [&] { return FolderSource(folder.settings).fields()[0].sample_shape[2]; };
  EXPECT_EQ(channels(), 1u);
  folder.settings.colour = ColourChoice::rgb;
  EXPECT_EQ(channels(), 3u);
  folder.settings.colour = ColourChoice::automatic;
  folder.settings.size = ImageSize{2, 2};
  folder.write("a/2.bmp", test::bmp_bytes(test::coloured_bmp()));
  EXPECT_EQ(channels(), 3u);
  folder.settings.colour = ColourChoice::grey;
  EXPECT_EQ(channels(), 1u);
}

TEST(FolderSource, CropsOrPadsToTheSizeAskedFor) {
  Folder folder({"a/1.png"});
  folder.settings.size = ImageSize{3, 3};
  folder.settings.fit = Fit::pad;
  FolderSource padded(folder.settings);
  EXPECT_EQ(read(padded, 0).image.size(), 9u);
  folder.settings.size = ImageSize{2, 2};
  folder.settings.fit = Fit::crop;
  FolderSource cropped(folder.settings);
  // Between columns 0 and 1, then 1 and 2, at the original scale.
  std::vector<std::byte> expected;
  for (const int level : {10, 25, 45, 153}) expected.push_back(static_cast<std::byte>(level));
  EXPECT_EQ(read(cropped, 0).image, expected);
}

TEST(FolderSource, NamesTwoPicturesOfDifferentSizesAndTheCure) {
  const Folder folder({"a/1.png"});
  folder.write("a/2.png", png_bytes({.width = 2, .chunks = {}, .rows = std::string("\0\1\2\0\3\4", 6)}));
  expect_refused(folder, {"a/1.png is 3 × 2", "a/2.png is 2 × 2", "--size WxH"});
}

TEST(FolderSource, NamesAFolderThatIsNoSource) {
  expect_refused(Folder({}), {"no folders of classes"});
  expect_refused(Folder({"1.png"}), {"no folders of classes"});
  Folder folder({"1.png"});
  folder.settings.path = folder.folder / "none";
  expect_refused(folder, {"none: is missing"});
  folder.settings.path = folder.folder / "1.png";
  expect_refused(folder, {"1.png: is no folder"});
}

TEST(FolderSource, NamesAClassThatIsWrong) {
  const Folder folder({"a/1.png"});
  folder.write("b/notes.txt", "x");
  expect_refused(folder, {"b: holds no pictures", "remove the folder"});
  expect_refused(Folder({"train/a/1.png", "test/b/2.png"}), {"test/b: is a class that train has not"});
  expect_refused(Folder({"train/a/1.png", "test/2.png"}), {"test: holds no folders of classes"});
  expect_refused(Folder({"train/a/1.png", "val/a/2.png", "valid/a/3.png"}), {"both val and"});
  expect_refused(Folder({"train/a/1.png", "test/a/2.png", "other/3.png"}), {"other: stands beside"});
  expect_refused(Folder({"a\nb/1.png"}), {"control character"});
  expect_refused(Folder({"\xe4pfel/1.png"}), {"no UTF-8", "rename it"});
}

TEST(FolderSource, NamesAPictureThatCannotBeRead) {
  const Folder folder({"a/1.png"});
  folder.write("a/2.jpg", "no picture");
  expect_refused(folder, {"a/2.jpg", "is no BMP, PNG or JPEG file"});
  folder.write("a/2.jpg", "");
  expect_refused(folder, {"a/2.jpg: is empty"});
  std::filesystem::remove(folder.folder / "a/2.jpg");
  std::filesystem::create_symlink("nowhere.png", folder.folder / "a/2.png");
  expect_refused(folder, {"a/2.png: is missing"});
}

TEST(FolderSource, FollowsLinksToPicturesAndClasses) {
  const Folder folder({"a/1.png", ".elsewhere/2.png"});
  std::filesystem::create_directory_symlink(".elsewhere", folder.folder / "b");
  std::filesystem::create_symlink("../.elsewhere/2.png", folder.folder / "a/3.png");
  std::filesystem::create_directory_symlink("..", folder.folder / "a/loop");
  FolderSource source(folder.settings);
  EXPECT_EQ(source.splits(), (std::vector<SourceSplit>{{"train", 3}}));
  EXPECT_EQ(source.note(),
            "left out 1 files that are no pictures by their names; 1 of 2 classes have a single picture, which is "
            "learned from or scored, never both: b");
}

TEST(FolderSource, LeavesOutClassNamesThatDoNotFit) {
  const Folder folder({"a/1.png"});
  const std::string picture = png_bytes({});
  for (int i = 0; i < 300; ++i) folder.write(std::string(210, 'b') + std::to_string(i) + "/1.png", picture);
  FolderSource source(folder.settings);
  EXPECT_EQ(source.fields()[1].num_classes, 301u);
  EXPECT_TRUE(source.fields()[1].class_names.empty());
  EXPECT_NE(source.note().find("left out the names of the classes"), std::string::npos);
}

TEST(FolderSource, ItsIdentityFollowsNamesAndContent) {
  const Folder folder({"a/1.png", "b/2.png"}), same({"a/1.png", "b/2.png"}), renamed({"a/1.png", "b/3.png"}),
      other({"b/2.png", "a/1.png"});
  const std::string identity = FolderSource(folder.settings).identity();
  EXPECT_EQ(FolderSource(same.settings).identity(), identity);
  EXPECT_NE(FolderSource(renamed.settings).identity(), identity);
  EXPECT_NE(FolderSource(other.settings).identity(), identity);
}

}  // namespace
}  // namespace hpctrain::pack
