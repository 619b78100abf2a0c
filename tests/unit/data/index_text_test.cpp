// The index survives its way through a pipe or a broadcast; anything else is refused.
#include <gtest/gtest.h>

#include "data/dataset_index.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::expect_error;
using test::PackedFixture;

TEST(IndexText, ComesBackEqual) {
  const PackedFixture& packed = test::shared_fixture();
  EXPECT_EQ(index_from_text(index_to_text(packed.index)), packed.index);
}

TEST(IndexText, AFolderMayHaveAnyName) {
  DatasetIndex index = test::shared_fixture().index;
  for (const char* folder : {"/data/donn\xe9"
                             "es",
                             "/data/donn\u00e9es", "/data/\xff"}) {
    index.folder = folder;
    EXPECT_EQ(index_from_text(index_to_text(index)).folder.native(), folder);
  }
}

TEST(IndexText, RefusesWhatIsNotAWholeIndex) {
  const PackedFixture& packed = test::shared_fixture();
  const std::string text = index_to_text(packed.index);
  for (const std::string_view bad : {std::string_view(), std::string_view("{}"), std::string_view("[1,2]"),
                                     std::string_view(text).substr(0, text.size() / 2)}) {
    expect_error(Fault::data, {"index"}, [&] { index_from_text(bad); });
  }
}

TEST(DatasetIndex, NamesWhatThereIsWhenAFieldOrSplitIsMissing) {
  const PackedFixture& packed = test::shared_fixture();
  EXPECT_EQ(packed.index.field_position("label"), 1u);
  EXPECT_EQ(packed.index.split("test").num_samples, 17u);
  EXPECT_FALSE(packed.index.has_split("validation"));
  expect_error(Fault::data, {"\"mask\"", "image, label"}, [&] { packed.index.field_position("mask"); });
  expect_error(Fault::data, {"\"validation\"", "train, test"}, [&] { packed.index.split("validation"); });
}

TEST(DatasetIndex, SpellsTheUuidInTheUsualGroups) {
  EXPECT_EQ(test::shared_fixture().index.uuid_text(), "01020304-0506-0708-090a-0b0c0d0e0f10");
}

}  // namespace
}  // namespace hpctrain::data
