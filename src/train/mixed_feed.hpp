// Two streams of batches side by side: each micro-batch comes with partners from the second one, to be mixed in
// (train.mixup). Both are cut alike, so who is whose partner does not depend on ranks or micro-batches.
#pragma once

#include <memory>
#include <optional>

#include "train/batch_feed.hpp"

namespace hpctrain::train {

class MixedFeed : public BatchFeed {
 public:
  /// Both deliver micro-batches of equal sizes.
  MixedFeed(std::unique_ptr<BatchFeed> first, std::unique_ptr<BatchFeed> partners)
      : first_(std::move(first)), partners_(std::move(partners)) {}

  void seek(data::Cursor cursor) override;
  std::optional<tasks::DeviceRecords> next() override;
  void look_ahead() override;
  void require_unchanged_shards() override;
  /// Samples are those of the first stream, what they cost is that of both.
  data::LoaderCounters counters() const override;

 private:
  std::unique_ptr<BatchFeed> first_;
  std::unique_ptr<BatchFeed> partners_;
  std::optional<tasks::DeviceRecords> present_partners_;
};

}  // namespace hpctrain::train
