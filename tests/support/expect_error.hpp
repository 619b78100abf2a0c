// What tests say of errors: their fault, and the words that a user needs.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.hpp"

namespace hpctrain::test {

/// The error that `action` throws must have this fault, and its message every one of these parts.
template <class Action>
void expect_error(Fault fault, const std::vector<std::string>& parts, Action action) {
  try {
    action();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), fault) << error.what();
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what() << "\nlacks: " << part;
    }
  }
}

}  // namespace hpctrain::test
