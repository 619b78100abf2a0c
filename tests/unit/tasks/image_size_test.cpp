// What users write into data.image-size.
#include "tasks/image_size.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace hpctrain::tasks {
namespace {

TEST(ImageSize, IsASideOrHeightAndWidthOrWhatIsStored) {
  EXPECT_EQ(read_image_size("96"), (data::ImageSize{96, 96}));
  EXPECT_EQ(read_image_size("96x128"), (data::ImageSize{96, 128}));
  EXPECT_EQ(read_image_size("stored"), std::nullopt);
}

TEST(ImageSize, SaysHowToWriteOne) {
  for (const char* text : {"", "x", "96x", "x96", "96x128x3", "-3", "96.5", "2", "99999", "large"}) {
    test::expect_error(Fault::usage, {"data.image-size", text, "96x128"}, [text] { read_image_size(text); });
  }
}

}  // namespace
}  // namespace hpctrain::tasks
