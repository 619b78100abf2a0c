// From the loader's slots to the device: holds the micro-batch that is worked on, and on a GPU copies the next one
// meanwhile. Its twin for a split that lies on the device as a whole is ResidentFeed.
#pragma once

#include <torch/types.h>

#include <optional>

#include "data/loader.hpp"
#include "device/upload_pipeline.hpp"
#include "tasks/device_records.hpp"

namespace hpctrain::train {

class BatchFeed {
 public:
  virtual ~BatchFeed() = default;

  /// Drops what was read ahead; the next micro-batch is the first of the global batch at `cursor`.
  virtual void seek(data::Cursor cursor) = 0;

  /// The next micro-batch on the device; empty after the last one. Valid until the next call.
  ///   blocks  until it is read
  ///   errors  Fault::data, as data::Loader::next
  virtual std::optional<tasks::DeviceRecords> next() = 0;

  /// To be called when all work on the present micro-batch is enqueued: begins to bring the next one to the device.
  ///   blocks  on a GPU until it is read from the disk; never on the CPU
  ///   errors  Fault::data
  virtual void look_ahead() = 0;

  /// Before anything made of these batches is kept.
  ///   blocks, errors  as data::Loader::require_unchanged_shards
  virtual void require_unchanged_shards() = 0;

  virtual data::LoaderCounters counters() const = 0;
};

class LoaderFeed : public BatchFeed {
 public:
  /// `loader` outlives the feed.
  LoaderFeed(data::Loader& loader, const torch::Device& device) : loader_(loader), device_(device), uploads_(device) {}

  void seek(data::Cursor cursor) override;
  std::optional<tasks::DeviceRecords> next() override;
  void look_ahead() override;
  void require_unchanged_shards() override { loader_.require_unchanged_shards(); }
  data::LoaderCounters counters() const override { return loader_.counters(); }

 private:
  void begin_next();

  data::Loader& loader_;
  torch::Device device_;
  std::optional<data::BatchLease> present_, coming_;
  bool is_over_ = false;
  device::UploadPipeline uploads_;  // after the leases: it reads their slots to the end
};

}  // namespace hpctrain::train
