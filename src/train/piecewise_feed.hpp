// Micro-batches cut into smaller ones, for ranks that have less memory than a whole one needs. The loader behind it
// stays as it is, so the cut may change between any two steps.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "train/batch_feed.hpp"

namespace hpctrain::train {

/// Part `share` of a micro-batch, as views; one that is delivered apart.
struct RecordPart {
  data::MicroBatch host{};
  data::MicroBatch partner_host{};
  std::optional<tasks::DeviceRecords> partners{};
  std::optional<tasks::DeviceRecords> records{};

  /// `whole` outlives it; `share` counts from its first sample. Not to be moved: parts refer to each other.
  void cut(const tasks::DeviceRecords& whole, const data::Share& share);
};

/// How micro-batches are cut: the first pieces have equal sizes up to one sample, the others are empty.
struct PieceRule {
  std::uint64_t pieces = 1;
  std::uint64_t least = 1;                                         ///< samples of a piece, as far as `most` allows
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();  ///< samples of a piece
};

class PiecewiseFeed final : public BatchFeed {
 public:
  /// `whole` outlives the feed.
  explicit PiecewiseFeed(BatchFeed& whole) : whole_(whole) {}

  /// The same on every rank. Before seek().
  void set_pieces(const PieceRule& rule) { rule_ = rule; }
  std::uint64_t pieces() const noexcept { return rule_.pieces; }

  void seek(data::Cursor cursor) override;
  std::optional<tasks::DeviceRecords> next() override;
  void look_ahead() override;
  void require_unchanged_shards() override { whole_.require_unchanged_shards(); }
  data::LoaderCounters counters() const override { return whole_.counters(); }

 private:
  data::Share share_of_piece(std::uint64_t count) const;

  BatchFeed& whole_;
  PieceRule rule_;
  std::optional<tasks::DeviceRecords> present_;  ///< that is cut
  std::uint64_t delivered_ = 0;                  ///< of its pieces
  RecordPart piece_;
};

}  // namespace hpctrain::train
