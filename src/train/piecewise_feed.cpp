#include "train/piecewise_feed.hpp"

#include <torch/utils.h>

#include <algorithm>

#include "core/integer_division.hpp"

namespace hpctrain::train {
namespace {

void cut_host(const data::MicroBatch& whole, const data::Share& share, data::MicroBatch& part) {
  part = whole;
  part.first_in_batch = whole.first_in_batch + share.first;
  part.count = share.count;
  part.sample_ids = whole.sample_ids.subspan(share.first, share.count);
  if (whole.count == 0) return;
  // Fields that lie on the device only have no bytes here.
  for (auto& row : part.rows) {
    const std::size_t row_bytes = row.size() / whole.count;
    row = row.subspan(share.first * row_bytes, share.count * row_bytes);
  }
}

tasks::DeviceRecords cut_fields(const tasks::DeviceRecords& whole, const data::MicroBatch& host,
                                const data::Share& share) {
  tasks::DeviceRecords part{.host = host, .fields = whole.fields, .device = whole.device};
  if (whole.count() == 0) return part;
  for (auto& field : part.fields) {
    const std::int64_t row_bytes = field.numel() / whole.count();
    field = field.narrow(0, static_cast<std::int64_t>(share.first) * row_bytes,
                         static_cast<std::int64_t>(share.count) * row_bytes);
  }
  return part;
}

}  // namespace

void RecordPart::cut(const tasks::DeviceRecords& whole, const data::Share& share) {
  records.reset();
  partners.reset();
  cut_host(whole.host, share, host);
  records.emplace(cut_fields(whole, host, share));
  if (whole.partners == nullptr) return;
  cut_host(whole.partners->host, share, partner_host);
  partners.emplace(cut_fields(*whole.partners, partner_host, share));
  records->partners = &*partners;
}

void PiecewiseFeed::seek(data::Cursor cursor) {
  present_.reset();
  whole_.seek(cursor);
}

std::optional<tasks::DeviceRecords> PiecewiseFeed::next() {
  if (rule_.pieces == 1) return whole_.next();
  if (!present_ || delivered_ == rule_.pieces) {
    present_.reset();
    auto coming = whole_.next();
    if (!coming) return std::nullopt;
    present_.emplace(std::move(*coming));
    delivered_ = 0;
  }
  const data::MicroBatch& whole = present_->host;
  piece_.cut(*present_, share_of_piece(whole.count));
  piece_.host.micro_step = whole.micro_step * rule_.pieces + delivered_;
  piece_.host.micro_steps = whole.micro_steps * rule_.pieces;
  ++delivered_;
  return *piece_.records;
}

/// Samples are dealt to pieces as they are to ranks.
data::Share PiecewiseFeed::share_of_piece(std::uint64_t count) const {
  const std::uint64_t wanted = std::max(count / rule_.least, divide_up(count, rule_.most));
  const std::uint64_t filled = std::clamp<std::uint64_t>(wanted, 1, rule_.pieces);
  if (delivered_ >= filled) return {count, 0};
  return data::plan_share(count, static_cast<int>(delivered_), static_cast<int>(filled));
}

void PiecewiseFeed::look_ahead() {
  if (rule_.pieces == 1 || delivered_ == rule_.pieces) whole_.look_ahead();
}

}  // namespace hpctrain::train
