#include "train/training_feed.hpp"

#include "core/philox.hpp"
#include "data/delivered_fields.hpp"
#include "device/gpu_identity.hpp"
#include "train/mixed_feed.hpp"
#include "train/residency.hpp"
#include "train/run_parts.hpp"

namespace hpctrain::train {
namespace {

constexpr std::uint32_t kPartnerOperation = 0x70617274;  // "part"

std::optional<std::uint64_t> free_device_bytes(const torch::Device& device) {
  if (device.is_cpu()) return std::nullopt;
  return device::gpu_free_bytes(device.index());
}

/// Another order of the same samples, cut in the same way.
data::LoaderPlan plan_partners(data::LoaderPlan plan) {
  plan.seed = derive_key(plan.seed, 0, kPartnerOperation);
  return plan;
}

}  // namespace

TrainingFeed::TrainingFeed(const Parts& parts)
    : parts_(parts), windows_(parts.task.window_plan()), fed_index_(parts.index) {
  const auto plan = make_loader_plan(parts_.settings, parts_.placement.world);
  keep_images(plan);
  feed_ = open_stream(plan, parts_.places);
  if (parts_.settings.mixup == 0) return;
  feed_ = std::make_unique<MixedFeed>(std::move(feed_), open_stream(plan_partners(plan), parts_.partner_places));
}

void TrainingFeed::keep_images(const data::LoaderPlan& plan) {
  const auto delivered = data::delivered_index(parts_.index, plan.image_size);
  image_ = delivered.field_position("image");
  const bool is_resident = plan_residency(
      parts_.settings.residency, {.split_bytes = delivered_bytes(delivered, parts_.index.split(plan.split), image_),
                                  .free_bytes = free_device_bytes(parts_.device),
                                  .is_cut_when_decoded = windows_ != nullptr});
  if (!is_resident) return;
  resident_ = std::make_shared<ResidentField>(parts_.index, plan, parts_.settings.loader, image_, parts_.device);
  fed_index_ = without_field(parts_.index, image_);
}

std::unique_ptr<BatchFeed> TrainingFeed::open_stream(const data::LoaderPlan& plan, data::ShardLocator& places) {
  loaders_.push_back(std::make_unique<data::Loader>(
      fed_index_, plan, parts_.settings.loader, parts_.placement,
      data::LoaderSeams{.allocator = &parts_.slots, .locator = &places, .window_plan = windows_.get()}));
  std::unique_ptr<BatchFeed> feed = std::make_unique<LoaderFeed>(*loaders_.back(), parts_.device);
  if (resident_) feed = std::make_unique<ResidentFeed>(resident_, image_, std::move(feed));
  return feed;
}

}  // namespace hpctrain::train
