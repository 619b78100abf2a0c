#include "train/resident_feed.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "device/device.hpp"

namespace hpctrain::train {
namespace {

constexpr std::uint64_t kRowsAtOnce = 256;

data::LoaderPlan plan_one_pass(data::LoaderPlan plan) {
  plan.batch = plan.micro_batch = kRowsAtOnce;
  plan.micro_shards = 0;
  plan.tail = data::Tail::short_batch;
  plan.shuffled = false;
  plan.epochs = 1;
  return plan;
}

}  // namespace

ResidentField::ResidentField(const data::DatasetIndex& index, const data::LoaderPlan& plan,
                             const data::LoaderSettings& settings, std::size_t field, const torch::Device& device) {
  DeviceSlots slots(device);
  // Every rank holds all of it: any rank may be given any sample.
  data::Loader loader(index, plan_one_pass(plan), settings, Placement{}, data::LoaderSeams{.allocator = &slots});
  LoaderFeed feed(loader, device);
  const auto samples = static_cast<std::int64_t>(loader.num_samples());
  std::int64_t first = 0;
  while (const auto records = feed.next()) {
    const auto rows = records->fields[field].view({records->count(), -1});
    if (!rows_.defined()) rows_ = torch::empty({samples, rows.size(1)}, rows.options());
    rows_.narrow(0, first, records->count()).copy_(rows);
    for (const std::uint64_t sample : records->host.sample_ids) row_of_sample_.emplace(sample, first++);
    feed.look_ahead();
  }
  loader.require_unchanged_shards();
  require(row_of_sample_.size() == static_cast<std::size_t>(samples), Fault::data,
          index.folder.string() + ": two records have one sample id; pack the data set again");
}

torch::Tensor ResidentField::rows_of(std::span<const std::uint64_t> sample_ids) const {
  std::vector<std::int64_t> rows;
  for (const std::uint64_t sample : sample_ids) rows.push_back(row_of_sample_.at(sample));
  return rows_.index_select(0, device::send(torch::tensor(rows, torch::kInt64), rows_.device())).flatten();
}

std::optional<tasks::DeviceRecords> ResidentFeed::next() {
  auto records = rest_->next();
  if (!records) return std::nullopt;
  present_ = records->host;
  const auto place = static_cast<std::ptrdiff_t>(field_);
  present_.rows.insert(present_.rows.begin() + place, std::span<const std::byte>());
  auto fields = std::move(records->fields);
  fields.insert(fields.begin() + place, resident_->rows_of(present_.sample_ids));
  return tasks::DeviceRecords{.host = present_, .fields = std::move(fields), .device = records->device};
}

}  // namespace hpctrain::train
