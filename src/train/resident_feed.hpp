// Training images that lie on the device once: their small fields still come from the loader, in its order, and each
// batch picks its images by sample.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "data/dataset_index.hpp"
#include "data/loader.hpp"
#include "train/batch_feed.hpp"
#include "train/device_slots.hpp"

namespace hpctrain::train {

/// All rows of one field of a split on the device.
class ResidentField {
 public:
  /// Reads the whole split once, with the digests that `settings` asks for.
  ///   blocks  until it is on the device
  ///   errors  Fault::data
  ResidentField(const data::DatasetIndex& index, const data::LoaderPlan& plan, const data::LoaderSettings& settings,
                std::size_t field, const torch::Device& device);

  /// shapes  [count · row_bytes] u8 in the order of the samples
  torch::Tensor rows_of(std::span<const std::uint64_t> sample_ids) const;

 private:
  torch::Tensor rows_;  // [samples, row_bytes]
  std::unordered_map<std::uint64_t, std::int64_t> row_of_sample_;
};

class ResidentFeed : public BatchFeed {
 public:
  /// `rest` delivers every field but number `field`, which `resident` holds.
  ResidentFeed(std::shared_ptr<ResidentField> resident, std::size_t field, std::unique_ptr<BatchFeed> rest)
      : resident_(std::move(resident)), field_(field), rest_(std::move(rest)) {}

  void seek(data::Cursor cursor) override { rest_->seek(cursor); }
  std::optional<tasks::DeviceRecords> next() override;
  void look_ahead() override { rest_->look_ahead(); }
  void require_unchanged_shards() override { rest_->require_unchanged_shards(); }
  /// Of what comes anew with each batch; the images were read once.
  data::LoaderCounters counters() const override { return rest_->counters(); }

 private:
  std::shared_ptr<ResidentField> resident_;
  std::size_t field_;
  std::unique_ptr<BatchFeed> rest_;
  data::MicroBatch present_;
};

}  // namespace hpctrain::train
