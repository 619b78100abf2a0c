// The layout of images is the one that was asked for, not the one they came in.
#include "train/forward_pass.hpp"

#include <gtest/gtest.h>

namespace hpctrain::train {
namespace {

TEST(LayOut, TurnsStoredColourAndRowsOfPlanesIntoWhatIsAskedFor) {
  const auto planes = torch::rand({2, 3, 5, 4});
  const auto as_stored = planes.contiguous(at::MemoryFormat::ChannelsLast);
  for (const auto& images : {planes, as_stored}) {
    const auto off = lay_out(images, ImageLayout::planes);
    EXPECT_TRUE(off.is_contiguous());
    EXPECT_TRUE(off.equal(planes));
    const auto on = lay_out(images, ImageLayout::channels_last);
    EXPECT_TRUE(on.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(on.equal(planes));
    EXPECT_EQ(lay_out(images, ImageLayout::as_stored).strides(), images.strides());
  }
}

TEST(PlanChannelsLast, FollowsTheWishAndElseWhatTheDeviceGains) {
  const torch::Device cpu(torch::kCPU), gpu(torch::kCUDA);
  EXPECT_TRUE(plan_channels_last(ChannelsLast::on, Precision::fp32, cpu));
  EXPECT_FALSE(plan_channels_last(ChannelsLast::off, Precision::bf16, gpu));
  EXPECT_FALSE(plan_channels_last(ChannelsLast::automatic, Precision::fp32, cpu));
  EXPECT_EQ(plan_image_layout(ChannelsLast::off, Precision::fp32, cpu), ImageLayout::planes);
  EXPECT_EQ(plan_image_layout(ChannelsLast::automatic, Precision::fp32, cpu), ImageLayout::as_stored);
  EXPECT_TRUE(plan_channels_last(ChannelsLast::automatic, Precision::bf16, cpu));
  EXPECT_TRUE(plan_channels_last(ChannelsLast::automatic, Precision::fp16, gpu));
}

}  // namespace
}  // namespace hpctrain::train
