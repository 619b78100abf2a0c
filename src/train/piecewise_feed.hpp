// Micro-batches cut into smaller ones, for ranks that have less memory than a whole one needs. The loader behind it
// stays as it is, so the cut may change between any two steps.
#pragma once

#include <cstdint>
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

class PiecewiseFeed final : public BatchFeed {
 public:
  /// `whole` outlives the feed.
  explicit PiecewiseFeed(BatchFeed& whole) : whole_(whole) {}

  /// Into how many pieces each micro-batch is cut, the same number on every rank: the first of equal sizes up to one
  /// sample and none of fewer than `least`, the others empty. Before seek().
  void set_pieces(std::uint64_t pieces, std::uint64_t least = 1) {
    pieces_ = pieces;
    least_ = least;
  }
  std::uint64_t pieces() const noexcept { return pieces_; }

  void seek(data::Cursor cursor) override;
  std::optional<tasks::DeviceRecords> next() override;
  void look_ahead() override;
  void require_unchanged_shards() override { whole_.require_unchanged_shards(); }
  data::LoaderCounters counters() const override { return whole_.counters(); }

 private:
  BatchFeed& whole_;
  data::Share share_of_piece(std::uint64_t count) const;

  std::uint64_t pieces_ = 1;
  std::uint64_t least_ = 1;                      ///< samples of a piece that has any, where the micro-batch has so many
  std::optional<tasks::DeviceRecords> present_;  ///< that is cut
  std::uint64_t delivered_ = 0;                  ///< of its pieces
  RecordPart piece_;
};

}  // namespace hpctrain::train
