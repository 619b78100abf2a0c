#include "device/device.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <array>

namespace hpctrain::device {
namespace {

TEST(Device, IsTheCpuOrTheGpuOfThatNumber) {
  EXPECT_TRUE(make_device(std::nullopt).is_cpu());
  EXPECT_EQ(make_device(3).str(), "cuda:3");
}

TEST(Device, UploadToTheCpuIsAViewWithoutACopy) {
  alignas(8) std::array<std::byte, 6> bytes{std::byte{1}, std::byte{2}, std::byte{3},
                                            std::byte{4}, std::byte{5}, std::byte{6}};
  const auto tensor = upload(bytes.data(), {2, 3}, torch::kUInt8, torch::Device(torch::kCPU));
  EXPECT_EQ(tensor.data_ptr(), static_cast<void*>(bytes.data()));
  EXPECT_EQ(tensor[1][2].item<int>(), 6);
}

TEST(Device, HostBuffersHoldWhatWasAskedFor) {
  const HostBuffer buffer(1000, torch::Device(torch::kCPU));
  for (std::size_t i = 0; i < 1000; ++i) buffer.data()[i] = std::byte{7};
  EXPECT_EQ(buffer.data()[999], std::byte{7});
}

}  // namespace
}  // namespace hpctrain::device
