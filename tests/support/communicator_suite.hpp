// What every back end of Communicator must do, written once: each function runs on all ranks of a group and checks what
// this rank sees. All data have an exact answer in floating point. Must not know which back end it tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/gradient_channel.hpp"
#include "support/agreement_suite.hpp"

namespace hpctrain::comm::suite {

/// Calls `check` with a value of each host type that adds.
template <typename Check>
void for_each_number_type(const Check& check) {
  check(std::uint8_t{}, ElementType::u8);
  check(std::int32_t{}, ElementType::i32);
  check(std::int64_t{}, ElementType::i64);
  check(std::uint32_t{}, ElementType::u32);
  check(std::uint64_t{}, ElementType::u64);
  check(float{}, ElementType::f32);
  check(double{}, ElementType::f64);
}

inline void all_reduce_adds_every_type(Communicator& group) {
  const int n = group.size();
  for_each_number_type([&]<typename T>(T, ElementType type) {
    std::vector<T> values(5);
    for (int i = 0; i < 5; ++i) values[static_cast<std::size_t>(i)] = static_cast<T>(group.rank() + i);
    group.all_reduce({values.data(), values.size(), type}, ReduceOp::sum);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], static_cast<T>(n * (n - 1) / 2 + n * i));
  });
}

inline void all_reduce_finds_extremes(Communicator& group) {
  const int n = group.size();
  std::array<float, 2> low = {static_cast<float>(group.rank()) - 2.5F, static_cast<float>(-group.rank())};
  auto high = low;
  group.all_reduce({low.data(), low.size(), ElementType::f32}, ReduceOp::min);
  group.all_reduce({high.data(), high.size(), ElementType::f32}, ReduceOp::max);
  EXPECT_EQ(low, (std::array<float, 2>{-2.5F, static_cast<float>(1 - n)}));
  EXPECT_EQ(high, (std::array<float, 2>{static_cast<float>(n) - 3.5F, 0.0F}));
}

inline void all_reduce_joins_bits(Communicator& group) {
  std::uint64_t bits = std::uint64_t{1} << (group.rank() * 9);
  group.all_reduce({&bits, 1, ElementType::u64}, ReduceOp::bit_or);
  std::uint64_t expected = 0;
  for (int rank = 0; rank < group.size(); ++rank) expected |= std::uint64_t{1} << (rank * 9);
  EXPECT_EQ(bits, expected);
}

inline void bit_or_of_floats_is_refused(Communicator& group) {
  float value = 1.0F;
  EXPECT_THROW(group.all_reduce({&value, 1, ElementType::f32}, ReduceOp::bit_or), Error);
}

inline void all_reduce_adds_sixteen_bit_floats(Communicator& group) {
  // Bit patterns of 1.0 and of 1 to 8, from the definitions of the formats.
  const std::array<std::uint16_t, 9> f16 = {0, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700, 0x4800};
  const std::array<std::uint16_t, 9> bf16 = {0, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0, 0x40C0, 0x40E0, 0x4100};
  ASSERT_LE(group.size(), 8);
  const auto total = static_cast<std::size_t>(group.size());
  std::vector<std::uint16_t> halves(3, f16[1]);
  std::vector<std::uint16_t> brains(3, bf16[1]);
  group.all_reduce({halves.data(), halves.size(), ElementType::f16}, ReduceOp::sum);
  group.all_reduce({brains.data(), brains.size(), ElementType::bf16}, ReduceOp::sum);
  EXPECT_EQ(halves, std::vector<std::uint16_t>(3, f16[total]));
  EXPECT_EQ(brains, std::vector<std::uint16_t>(3, bf16[total]));
}

inline void outstanding_all_reduces_do_not_mix(Communicator& group) {
  constexpr std::size_t kCount = 6;
  const int n = group.size();
  std::vector<std::vector<float>> buffers;
  std::vector<std::unique_ptr<PendingCollective>> pending;
  for (std::size_t i = 0; i < kCount; ++i) buffers.emplace_back(100 * i, static_cast<float>(i) + 1.0F);
  for (auto& buffer : buffers) {
    pending.push_back(group.start_all_reduce({buffer.data(), buffer.size(), ElementType::f32}, ReduceOp::sum));
  }
  for (std::size_t i = kCount; i-- > 0;) pending[i]->wait();  // not the order of starting
  for (std::size_t i = 0; i < kCount; ++i) {
    EXPECT_TRUE(pending[i]->test());
    EXPECT_EQ(buffers[i], std::vector<float>(100 * i, static_cast<float>(n) * (static_cast<float>(i) + 1.0F)));
  }
}

inline void test_alone_finishes_a_collective(Communicator& group) {
  std::int32_t value = group.rank() + 1;
  const auto pending = group.start_all_reduce({&value, 1, ElementType::i32}, ReduceOp::sum);
  while (!pending->test()) std::this_thread::yield();
  EXPECT_EQ(value, group.size() * (group.size() + 1) / 2);
}

/// Fills `channel`'s own memory with buckets of one type, adds them all at once, and again, more often than the channel
/// can have sums under way.
template <typename T>
void add_buckets_in_channel_memory(Communicator& group, ElementType type) {
  constexpr std::size_t kElements = 40'000, kBuckets = 3;
  const auto channel = make_host_channel(group);
  const auto memory = channel->make_memory(kBuckets * kElements * sizeof(T));
  if (group.size() == 1) return;  // nothing to add
  ASSERT_NE(memory, nullptr);
  auto* values = reinterpret_cast<T*>(memory.get());
  for (int round = 1; round <= 100; ++round) {
    std::vector<std::unique_ptr<PendingCollective>> pending;
    for (std::size_t b = 0; b < kBuckets; ++b) {
      T* bucket = values + b * kElements;
      std::fill_n(bucket, kElements, static_cast<T>(round + 10 * group.rank()) + static_cast<T>(b));
      pending.push_back(channel->start_all_reduce({bucket, kElements - b, type}, ReduceOp::sum, nullptr));
    }
    for (auto& sum : pending) sum->wait();
    const int n = group.size();
    const auto expected = static_cast<T>(n * round + 10 * (n * (n - 1) / 2));
    for (std::size_t b = 0; b < kBuckets; ++b) {
      const T* bucket = values + b * kElements;
      const auto wrong = std::count_if(bucket, bucket + kElements - b, [&](T value) {
        return value != expected + static_cast<T>(n) * static_cast<T>(b);
      });
      EXPECT_EQ(wrong, 0) << "round " << round << ", bucket " << b;
    }
  }
}

inline void channel_memory_adds_floats(Communicator& group) {
  add_buckets_in_channel_memory<float>(group, ElementType::f32);
}

inline void channel_memory_adds_doubles(Communicator& group) {
  add_buckets_in_channel_memory<double>(group, ElementType::f64);
}

inline void channel_memory_adds_in_rank_order(Communicator& group) {
  if (group.size() != 3) return;
  // (1e8 + 1) - 1e8 loses the one in float32, (1e8 - 1e8) + 1 keeps it: only rank order gives zero.
  const std::array<float, 3> values = {1e8F, 1.0F, -1e8F};
  const auto channel = make_host_channel(group);
  const auto memory = channel->make_memory(5000 * sizeof(float));
  auto* mine = reinterpret_cast<float*>(memory.get());
  std::fill_n(mine, 5000, values[static_cast<std::size_t>(group.rank())]);
  channel->start_all_reduce({mine, 5000, ElementType::f32}, ReduceOp::sum, nullptr)->wait();
  EXPECT_EQ(std::count(mine, mine + 5000, 0.0F), 5000);
}

inline void broadcast_reaches_all_from_every_root(Communicator& group) {
  for (int root = 0; root < group.size(); ++root) {
    std::array<double, 3> values = {group.rank() + 0.25, 1.0, -1.0};
    group.broadcast({values.data(), values.size(), ElementType::f64}, root);
    EXPECT_EQ(values[0], root + 0.25);
  }
}

inline void all_gather_keeps_rank_order(Communicator& group) {
  const std::array<std::int32_t, 2> mine = {group.rank(), -group.rank()};
  std::vector<std::int32_t> all(mine.size() * static_cast<std::size_t>(group.size()));
  group.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)));
  for (int rank = 0; rank < group.size(); ++rank) {
    EXPECT_EQ(all[static_cast<std::size_t>(rank) * 2], rank);
    EXPECT_EQ(all[static_cast<std::size_t>(rank) * 2 + 1], -rank);
  }
}

inline void texts_may_be_empty_or_binary(Communicator& group) {
  const std::string binary("a\0\xFF\n", 4);
  const int last = group.size() - 1;
  EXPECT_EQ(broadcast_text(group, group.is_leader() ? binary : "ignored", 0), binary);
  EXPECT_EQ(broadcast_text(group, group.rank() == last ? "" : "ignored", last), "");

  const std::vector<std::string> all =
      all_gather_text(group, std::string(static_cast<std::size_t>(group.rank()), '\0'));
  ASSERT_EQ(all.size(), static_cast<std::size_t>(group.size()));
  for (std::size_t rank = 0; rank < all.size(); ++rank) EXPECT_EQ(all[rank], std::string(rank, '\0'));
  EXPECT_EQ(all_gather_text(group, ""), std::vector<std::string>(all.size()));
}

inline void messages_travel_round_the_ring(Communicator& group) {
  const int n = group.size();
  if (n == 1) return;  // a ring needs a neighbour
  std::int32_t token = 1000;
  const auto bytes = std::as_writable_bytes(std::span(&token, 1));
  if (group.is_leader()) {
    group.send(bytes, 1, 7);
    group.receive(bytes, n - 1, 7);
    EXPECT_EQ(token, 1000 + n - 1);
  } else {
    group.receive(bytes, group.rank() - 1, 7);
    ++token;
    group.send(bytes, (group.rank() + 1) % n, 7);
  }
}

inline void messages_with_other_tags_wait(Communicator& group) {
  if (group.size() == 1) return;
  std::array<std::int32_t, 2> values = {11, 22};
  const auto first = std::as_writable_bytes(std::span(&values[0], 1));
  const auto second = std::as_writable_bytes(std::span(&values[1], 1));
  if (group.rank() == 0) {
    group.send(first, 1, 1);
    group.send(second, 1, 2);
  } else if (group.rank() == 1) {
    group.receive(first, 0, 2);
    group.receive(second, 0, 1);
    EXPECT_EQ(values, (std::array<std::int32_t, 2>{22, 11}));
  }
  group.barrier();
}

inline void barrier_holds_until_all_arrive(Communicator& group) {
  using Clock = std::chrono::steady_clock;  // one clock for all processes of a machine
  if (group.rank() == group.size() - 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::int64_t arrived = Clock::now().time_since_epoch().count();
  group.barrier();
  const std::int64_t left = Clock::now().time_since_epoch().count();
  std::vector<std::int64_t> arrivals(static_cast<std::size_t>(group.size()));
  group.all_gather(std::as_bytes(std::span(&arrived, 1)), std::as_writable_bytes(std::span(arrivals)));
  for (const std::int64_t other : arrivals) EXPECT_GE(left, other);
}

inline void split_orders_by_key_then_rank(Communicator& group) {
  const int colour = group.rank() % 2;
  const auto part = group.split(colour, -group.rank());  // reversed
  const int members = (group.size() + 1 - colour) / 2;
  EXPECT_EQ(part->size(), members);
  EXPECT_EQ(part->rank(), members - 1 - group.rank() / 2);

  std::int32_t sum = group.rank();
  part->all_reduce({&sum, 1, ElementType::i32}, ReduceOp::sum);
  std::int32_t expected = 0;
  for (int rank = colour; rank < group.size(); rank += 2) expected += rank;
  EXPECT_EQ(sum, expected);
  EXPECT_EQ(part->split(0, 0)->size(), members);  // a part can be split again
  group.barrier();
}

inline void teams_meet_alone_in_the_order_given(Communicator& group) {
  if (group.size() == 1) return;
  const int last = group.size() - 1;
  for (int round = 0; round < 3; ++round) {
    // The last rank leads a pair; those between make teams of their own at the same time, with the same tag.
    const std::vector<int> pair = {last, 0};
    const bool is_in_pair = group.rank() == 0 || group.rank() == last;
    const auto team = group.create_team(is_in_pair ? pair : std::vector<int>{group.rank()}, round);
    EXPECT_EQ(team->size(), is_in_pair ? 2 : 1);
    EXPECT_EQ(team->rank(), is_in_pair && group.rank() == 0 ? 1 : 0);
    std::int32_t sum = group.rank() + 10;
    team->all_reduce({&sum, 1, ElementType::i32}, ReduceOp::sum);
    EXPECT_EQ(sum, is_in_pair ? last + 20 : group.rank() + 10);
    EXPECT_EQ(broadcast_text(*team, std::to_string(group.rank()), 0), std::to_string(is_in_pair ? last : group.rank()));
    EXPECT_EQ(team->split(0, 0)->size(), team->size());
  }
  group.barrier();
}

inline void a_team_waits_for_its_members_alone(Communicator& group) {
  if (group.size() < 3) return;
  // Rank zero stays away until the others' team has met.
  const int last = group.size() - 1;
  std::byte met{};
  if (group.rank() == 1 || group.rank() == last) {
    group.create_team({1, last}, 7)->barrier();
    if (group.rank() == 1) group.send({&met, 1}, 0, 3);
  }
  if (group.rank() == 0) group.receive({&met, 1}, 1, 3);
  group.barrier();
  EXPECT_EQ(group.create_team({group.rank()}, 8)->size(), 1);
}

struct Behaviour {
  const char* name;
  void (*check)(Communicator&);
};

/// Every behaviour above, for parameterised tests.
inline const std::vector<Behaviour>& all_behaviours() {
  static const std::vector<Behaviour> behaviours = {
      {"AllReduceAddsEveryType", all_reduce_adds_every_type},
      {"AllReduceFindsExtremes", all_reduce_finds_extremes},
      {"AllReduceJoinsBits", all_reduce_joins_bits},
      {"BitOrOfFloatsIsRefused", bit_or_of_floats_is_refused},
      {"AllReduceAddsSixteenBitFloats", all_reduce_adds_sixteen_bit_floats},
      {"OutstandingAllReducesDoNotMix", outstanding_all_reduces_do_not_mix},
      {"TestAloneFinishesACollective", test_alone_finishes_a_collective},
      {"ChannelMemoryAddsFloats", channel_memory_adds_floats},
      {"ChannelMemoryAddsDoubles", channel_memory_adds_doubles},
      {"ChannelMemoryAddsInRankOrder", channel_memory_adds_in_rank_order},
      {"BroadcastReachesAllFromEveryRoot", broadcast_reaches_all_from_every_root},
      {"AllGatherKeepsRankOrder", all_gather_keeps_rank_order},
      {"TextsMayBeEmptyOrBinary", texts_may_be_empty_or_binary},
      {"MessagesTravelRoundTheRing", messages_travel_round_the_ring},
      {"MessagesWithOtherTagsWait", messages_with_other_tags_wait},
      {"BarrierHoldsUntilAllArrive", barrier_holds_until_all_arrive},
      {"SplitOrdersByKeyThenRank", split_orders_by_key_then_rank},
      {"TeamsMeetAloneInTheOrderGiven", teams_meet_alone_in_the_order_given},
      {"ATeamWaitsForItsMembersAlone", a_team_waits_for_its_members_alone},
      {"AgreementIsReadOneStepLater", agreement_is_read_one_step_later},
      {"AgreementJoinsBitsOfAll", agreement_joins_bits_of_all},
      {"AgreementComparesSignatures", agreement_compares_signatures},
      {"RunAgreedSpreadsOneFailure", run_agreed_spreads_one_failure},
      {"RunAgreedLetsTheLowestRankSpeak", run_agreed_lets_the_lowest_rank_speak},
      {"RunAgreedTurnsForeignExceptionsIntoBugs", run_agreed_turns_foreign_exceptions_into_bugs},
      {"RunAgreedWithoutFailureReturns", run_agreed_without_failure_returns},
      {"RunOnLeaderHandsTextToAll", run_on_leader_hands_text_to_all},
  };
  return behaviours;
}

}  // namespace hpctrain::comm::suite
