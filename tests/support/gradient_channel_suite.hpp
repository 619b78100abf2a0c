// What every GradientChannel must do, written once: each function runs on all ranks and checks what this rank sees. All
// data have an exact answer in floating point. Must not know where the memory lies nor which road the sums take.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/gradient_channel.hpp"

namespace hpctrain::comm::suite {

/// One rank's end of a channel, with memory that the channel can add in.
class ChannelEnd {
 public:
  virtual ~ChannelEnd() = default;
  virtual Communicator& group() = 0;
  virtual GradientChannel& channel() = 0;
  /// Memory that holds `bytes` and lives as long as this end.
  virtual void* place(std::span<const std::byte> bytes) = 0;
  /// What lies there when all that was enqueued before has run.
  virtual std::vector<std::byte> look(const Span& span) = 0;
  virtual void* compute_stream() { return nullptr; }
};

/// Gradients in ordinary host memory.
class HostEnd final : public ChannelEnd {
 public:
  explicit HostEnd(Communicator& group) : group_(group), channel_(make_host_channel(group)) {}

  Communicator& group() override { return group_; }
  GradientChannel& channel() override { return *channel_; }
  void* place(std::span<const std::byte> bytes) override {
    return placed_.emplace_back(bytes.begin(), bytes.end()).data();
  }
  std::vector<std::byte> look(const Span& span) override {
    const auto* start = static_cast<const std::byte*>(span.data);
    return {start, start + span.bytes()};
  }

 private:
  Communicator& group_;
  std::unique_ptr<GradientChannel> channel_;
  std::deque<std::vector<std::byte>> placed_;
};

template <typename T>
Span place_values(ChannelEnd& end, const std::vector<T>& values, ElementType type) {
  return {end.place(std::as_bytes(std::span(values))), values.size(), type};
}

template <typename T>
std::vector<T> values_at(ChannelEnd& end, const Span& span) {
  const auto bytes = end.look(span);
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

inline std::unique_ptr<PendingCollective> start(ChannelEnd& end, const Span& span, ReduceOp op = ReduceOp::sum) {
  return end.channel().start_all_reduce(span, op, end.compute_stream());
}

template <typename T>
void expect_sums_of(ChannelEnd& end, ElementType type) {
  const int ranks = end.group().size();
  std::vector<T> mine, expected;
  for (int i = 0; i < 300'001; ++i) {
    mine.push_back(static_cast<T>(i % 1024 + end.group().rank()));
    expected.push_back(static_cast<T>(ranks * (i % 1024) + ranks * (ranks - 1) / 2));
  }
  const Span span = place_values(end, mine, type);
  start(end, span)->wait();
  EXPECT_EQ(values_at<T>(end, span), expected);
}

inline void channel_adds_large_arrays_of_every_type(ChannelEnd& end) {
  expect_sums_of<float>(end, ElementType::f32);
  expect_sums_of<double>(end, ElementType::f64);
  expect_sums_of<std::int32_t>(end, ElementType::i32);
  expect_sums_of<std::int64_t>(end, ElementType::i64);
}

inline void channel_adds_sixteen_bit_floats(ChannelEnd& end) {
  // Bit patterns of 1.0 and of 1 to 8, from the definitions of the formats.
  constexpr std::array<std::uint16_t, 9> kF16 = {0, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700, 0x4800};
  constexpr std::array<std::uint16_t, 9> kBf16 = {0, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0, 0x40C0, 0x40E0, 0x4100};
  ASSERT_LE(end.group().size(), 8);
  const auto total = static_cast<std::size_t>(end.group().size());
  const Span halves = place_values(end, std::vector<std::uint16_t>(7, kF16[1]), ElementType::f16);
  const Span brains = place_values(end, std::vector<std::uint16_t>(7, kBf16[1]), ElementType::bf16);
  start(end, halves)->wait();
  start(end, brains)->wait();
  EXPECT_EQ(values_at<std::uint16_t>(end, halves), std::vector<std::uint16_t>(7, kF16[total]));
  EXPECT_EQ(values_at<std::uint16_t>(end, brains), std::vector<std::uint16_t>(7, kBf16[total]));
}

inline void channel_finds_extremes(ChannelEnd& end) {
  const auto rank = static_cast<float>(end.group().rank());
  const auto last = static_cast<float>(end.group().size() - 1);
  const Span least = place_values(end, std::vector<float>{rank - 2.5F, -rank}, ElementType::f32);
  const Span most = place_values(end, std::vector<float>{rank - 2.5F, -rank}, ElementType::f32);
  start(end, least, ReduceOp::min)->wait();
  start(end, most, ReduceOp::max)->wait();
  EXPECT_EQ(values_at<float>(end, least), (std::vector<float>{-2.5F, -last}));
  EXPECT_EQ(values_at<float>(end, most), (std::vector<float>{last - 2.5F, 0}));
}

inline void channel_sums_under_way_do_not_mix(ChannelEnd& end) {
  constexpr std::size_t kSums = 12;
  std::vector<Span> spans;
  std::vector<std::unique_ptr<PendingCollective>> pending;
  for (std::size_t i = 0; i < kSums; ++i) {
    spans.push_back(place_values(end, std::vector<float>(1 + 5000 * i, static_cast<float>(i + 1)), ElementType::f32));
    pending.push_back(start(end, spans.back()));
  }
  for (auto& sum : pending) sum->wait();
  for (std::size_t i = 0; i < kSums; ++i) {
    const auto sum = static_cast<float>(end.group().size()) * static_cast<float>(i + 1);
    EXPECT_EQ(values_at<float>(end, spans[i]), std::vector<float>(1 + 5000 * i, sum)) << "sum " << i;
  }
}

inline void channel_answers_by_test_alone(ChannelEnd& end) {
  const Span span = place_values(end, std::vector<float>{2}, ElementType::f32);
  const auto pending = start(end, span);
  while (!pending->test()) std::this_thread::yield();
  pending->wait();
  EXPECT_EQ(values_at<float>(end, span), std::vector<float>{2.0F * static_cast<float>(end.group().size())});
}

inline void channel_leaves_every_rank_the_same_bits(ChannelEnd& end) {
  std::vector<float> mine;
  for (int i = 0; i < 10'007; ++i) mine.push_back(1.0F / static_cast<float>(i + 3 * end.group().rank() + 1));
  const Span span = place_values(end, mine, ElementType::f32);
  start(end, span)->wait();
  const auto bytes = end.look(span);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_TRUE(text == broadcast_text(end.group(), text, 0));
}

inline void channel_gathers_every_ranks_block(ChannelEnd& end) {
  const int ranks = end.group().size(), rank = end.group().rank();
  for (const std::size_t block : {std::size_t{1}, std::size_t{70'001}}) {
    std::vector<float> mine, expected;
    for (int owner = 0; owner < ranks; ++owner) {
      for (std::size_t i = 0; i < block; ++i) {
        expected.push_back(static_cast<float>(owner) + 0.5F * static_cast<float>(i % 1024));
        mine.push_back(owner == rank ? expected.back() : -1.0F);
      }
    }
    const Span span = place_values(end, mine, ElementType::f32);
    end.channel().start_all_gather(span, end.compute_stream())->wait();
    EXPECT_EQ(values_at<float>(end, span), expected);
  }
}

inline void channel_gathers_between_sums(ChannelEnd& end) {
  const int ranks = end.group().size();
  const Span blocks = place_values(end, std::vector<double>(static_cast<std::size_t>(ranks), end.group().rank() + 0.5),
                                   ElementType::f64);
  for (int round = 0; round < 5; ++round) {
    const Span sums = place_values(end, std::vector<float>(3, 1.0F), ElementType::f32);
    start(end, sums)->wait();
    end.channel().start_all_gather(blocks, end.compute_stream())->wait();
    EXPECT_EQ(values_at<float>(end, sums), std::vector<float>(3, static_cast<float>(ranks)));
  }
  const auto gathered = values_at<double>(end, blocks);
  for (int owner = 0; owner < ranks; ++owner) EXPECT_EQ(gathered[static_cast<std::size_t>(owner)], owner + 0.5);
}

inline void channel_refuses_unequal_blocks(ChannelEnd& end) {
  if (end.group().size() == 1) return;
  const Span span =
      place_values(end, std::vector<float>(static_cast<std::size_t>(end.group().size()) + 1, 0.0F), ElementType::f32);
  EXPECT_THROW(end.channel().start_all_gather(span, end.compute_stream()), Error);
}

struct ChannelBehaviour {
  const char* name;
  void (*check)(ChannelEnd&);
};

/// Every behaviour above, for parameterised tests.
inline const std::vector<ChannelBehaviour>& all_channel_behaviours() {
  static const std::vector<ChannelBehaviour> behaviours = {
      {"AddsLargeArraysOfEveryType", channel_adds_large_arrays_of_every_type},
      {"AddsSixteenBitFloats", channel_adds_sixteen_bit_floats},
      {"FindsExtremes", channel_finds_extremes},
      {"SumsUnderWayDoNotMix", channel_sums_under_way_do_not_mix},
      {"AnswersByTestAlone", channel_answers_by_test_alone},
      {"LeavesEveryRankTheSameBits", channel_leaves_every_rank_the_same_bits},
      {"GathersEveryRanksBlock", channel_gathers_every_ranks_block},
      {"GathersBetweenSums", channel_gathers_between_sums},
      {"RefusesUnequalBlocks", channel_refuses_unequal_blocks},
  };
  return behaviours;
}

}  // namespace hpctrain::comm::suite
