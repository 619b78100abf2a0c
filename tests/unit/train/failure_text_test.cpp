#include "train/failure_text.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <stdexcept>

namespace hpctrain::train {
namespace {

template <class Action>
Error failure_of(Action action) {
  try {
    action();
  } catch (const std::exception& failure) {
    return name_failure(failure);
  }
  ADD_FAILURE() << "nothing was thrown";
  return {Fault::bug, ""};
}

TEST(FailureText, ATensorThatFindsNoMemoryNamesItsSizeAndTheCure) {
  // 2^46 floats: more than any address space gives.
  const Error error = failure_of([] { return torch::empty({std::int64_t{1} << 46}); });
  EXPECT_EQ(error.fault(), Fault::device);
  EXPECT_NE(std::string(error.what()).find("281474976710656 bytes"), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("train.micro-batch"), std::string::npos);
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
}

TEST(FailureText, OrdinaryMemoryCountsToo) {
  EXPECT_EQ(failure_of([] { throw std::bad_alloc(); }).fault(), Fault::device);
}

TEST(FailureText, TorchsStackIsLeftAway) {
  const Error error = failure_of([] { torch::ones({2, 3}).matmul(torch::ones({2, 3})); });
  EXPECT_EQ(error.fault(), Fault::bug);
  EXPECT_NE(std::string(error.what()).find("(2x3 and 2x3)"), std::string::npos) << error.what();
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
}

TEST(FailureText, AnErrorOfOurOwnStaysAsItIs) {
  const Error error = failure_of([] { throw Error(Fault::storage, "disk full").as_agreed(); });
  EXPECT_EQ(error.fault(), Fault::storage);
  EXPECT_STREQ(error.what(), "disk full");
  EXPECT_TRUE(error.is_agreed());
}

}  // namespace
}  // namespace hpctrain::train
