// How ranks agree, on every back end of Communicator: part of communicator_suite.hpp.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "comm/agree.hpp"
#include "comm/communicator.hpp"
#include "core/error.hpp"

namespace hpctrain::comm::suite {

inline void agreement_is_read_one_step_later(Communicator& group) {
  Agreement agreement(group);
  EXPECT_FALSE(agreement.is_started());
  agreement.start(0);
  for (int step = 0; step < 5; ++step) {
    const bool raises = step == 2 && group.rank() == group.size() - 1;
    const std::uint32_t seen = agreement.wait();
    EXPECT_EQ(seen, step == 3 ? 4U : 0U) << "step " << step;
    agreement.start(raises ? 4U : 0U);
    std::int32_t other_traffic = 1;
    group.all_reduce({&other_traffic, 1, ElementType::i32}, ReduceOp::sum);
    EXPECT_EQ(other_traffic, group.size());
  }
  EXPECT_EQ(agreement.wait(), 0U);
}

inline void agreement_joins_bits_of_all(Communicator& group) {
  Agreement agreement(group);
  agreement.start(1U << group.rank());
  EXPECT_TRUE(agreement.is_started());
  EXPECT_EQ(agreement.wait(), (1U << group.size()) - 1U);
  EXPECT_FALSE(agreement.is_started());
}

inline void agreement_compares_signatures(Communicator& group) {
  Agreement agreement(group);
  const bool is_last = group.rank() == group.size() - 1;
  for (const bool differs : {false, true, false}) {
    agreement.start(8, 0xA5A5U ^ (differs && is_last ? 1U : 0U));
    EXPECT_EQ(agreement.wait(), 8U);
    EXPECT_EQ(agreement.is_unanimous(), !differs || group.size() == 1);
  }
}

/// The error that `run` throws on this rank; fails the test when there is none.
template <typename Run>
Error error_of(const Run& run) {
  try {
    run();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {Fault::bug, ""};
}

inline void run_agreed_spreads_one_failure(Communicator& group) {
  const int culprit = group.size() - 1;
  const Error error =
      error_of([&] { run_agreed(group, [&] { require(group.rank() != culprit, Fault::storage, "disk full"); }); });
  EXPECT_EQ(error.fault(), Fault::storage);
  EXPECT_TRUE(error.is_agreed());
  const std::string text = error.what();
  EXPECT_NE(text.find("disk full"), std::string::npos);
  EXPECT_EQ(text.starts_with("rank " + std::to_string(culprit) + " on "), group.size() > 1) << text;
  EXPECT_EQ(all_gather_text(group, text), std::vector<std::string>(static_cast<std::size_t>(group.size()), text));
}

inline void run_agreed_lets_the_lowest_rank_speak(Communicator& group) {
  const Error error = error_of([&] {
    run_agreed(group, [&] { throw Error(Fault::data, "bad file seen by " + std::to_string(group.rank())); });
  });
  EXPECT_EQ(error.fault(), Fault::data);
  EXPECT_STREQ(error.what(), "bad file seen by 0");
}

inline void run_agreed_turns_foreign_exceptions_into_bugs(Communicator& group) {
  const Error error = error_of([&] { run_agreed(group, [] { throw std::out_of_range("index 7"); }); });
  EXPECT_EQ(error.fault(), Fault::bug);
  EXPECT_STREQ(error.what(), "index 7");
}

inline void run_agreed_without_failure_returns(Communicator& group) {
  int runs = 0;
  run_agreed(group, [&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

inline void run_on_leader_hands_text_to_all(Communicator& group) {
  int runs = 0;
  const std::string text = run_on_leader(group, [&] {
    ++runs;
    return std::string("run-7f");
  });
  EXPECT_EQ(text, "run-7f");
  EXPECT_EQ(runs, group.is_leader() ? 1 : 0);

  const Error error =
      error_of([&] { run_on_leader(group, []() -> std::string { throw Error(Fault::usage, "no such file"); }); });
  EXPECT_EQ(error.fault(), Fault::usage);
  EXPECT_TRUE(error.is_agreed());
  EXPECT_STREQ(error.what(), "no such file");
}

}  // namespace hpctrain::comm::suite
