// What brings a run its training batches: the loader, images that lie on the device, partners to mix in.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/placement.hpp"
#include "data/dataset_index.hpp"
#include "data/loader.hpp"
#include "tasks/task.hpp"
#include "train/batch_feed.hpp"
#include "train/resident_feed.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

class TrainingFeed {
 public:
  /// All that is referred to outlives the feed.
  struct Parts {
    const RunSettings& settings;
    const data::DatasetIndex& index;
    const tasks::Task& task;
    Placement placement;
    torch::Device device;
    data::SlotAllocator& slots;
    data::ShardLocator& places;          ///< that follows what training reads
    data::ShardLocator& partner_places;  ///< the same, which does not
  };

  ///   blocks  until the images lie on the device, where they are to
  ///   errors  Fault::data, Fault::usage: as data::Loader, plan_residency
  explicit TrainingFeed(const Parts& parts);

  BatchFeed& batches() noexcept { return *feed_; }
  std::uint64_t num_samples() const noexcept { return loaders_.front()->num_samples(); }
  std::uint64_t steps_per_epoch() const noexcept { return loaders_.front()->steps_per_epoch(); }
  bool is_resident() const noexcept { return resident_ != nullptr; }

 private:
  void keep_images(const data::LoaderPlan& plan);
  std::unique_ptr<BatchFeed> open_stream(const data::LoaderPlan& plan, data::ShardLocator& places);

  Parts parts_;
  std::unique_ptr<data::ImageWindowPlan> windows_;  ///< null: whole images
  std::size_t image_ = 0;                           ///< its field
  std::shared_ptr<ResidentField> resident_;         ///< null: images come with each batch
  data::DatasetIndex fed_index_;                    ///< without the images where they are resident
  std::vector<std::unique_ptr<data::Loader>> loaders_;
  std::unique_ptr<BatchFeed> feed_;
};

}  // namespace hpctrain::train
