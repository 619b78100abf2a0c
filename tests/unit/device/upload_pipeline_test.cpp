// Batches on their way to the device. Without a device there is no copy, and the order must be the same.
#include "device/upload_pipeline.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <numeric>

#include "core/error.hpp"

namespace hpctrain::device {
namespace {

std::vector<std::byte> bytes_from(int first, std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(first + static_cast<int>(i));
  return bytes;
}

TEST(UploadPipeline, HandsBatchesOutInTheOrderTheyWereBegun) {
  UploadPipeline uploads(torch::kCPU);
  const auto images = bytes_from(1, 12), labels = bytes_from(100, 4), next = bytes_from(50, 8);
  uploads.start({images, labels});
  uploads.start({next, {}});
  const auto first = uploads.wait();
  uploads.wait_until_read();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].numel(), 12);
  EXPECT_EQ(first[0][11].item<int>(), 12);
  EXPECT_EQ(first[1][0].item<int>(), 100);
  const auto second = uploads.wait();
  EXPECT_EQ(second[0][7].item<int>(), 57);
  EXPECT_EQ(second[1].numel(), 0);
}

TEST(UploadPipeline, CopiesNothingOnTheCpu) {
  UploadPipeline uploads(torch::kCPU);
  const auto images = bytes_from(1, 12);
  uploads.start({images});
  EXPECT_EQ(uploads.wait()[0].data_ptr(), static_cast<const void*>(images.data()));
}

TEST(UploadPipeline, HasRoomForTwoBatches) {
  UploadPipeline uploads(torch::kCPU);
  EXPECT_THROW(uploads.wait(), Error);
  const auto images = bytes_from(1, 12);
  uploads.start({images});
  uploads.start({images});
  EXPECT_THROW(uploads.start({images}), Error);
  uploads.wait();
  uploads.wait();
  EXPECT_THROW(uploads.wait(), Error);
}

}  // namespace
}  // namespace hpctrain::device
