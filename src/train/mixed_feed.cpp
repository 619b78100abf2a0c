#include "train/mixed_feed.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace hpctrain::train {

void MixedFeed::seek(data::Cursor cursor) {
  present_partners_.reset();
  first_->seek(cursor);
  partners_->seek(cursor);
}

std::optional<tasks::DeviceRecords> MixedFeed::next() {
  present_partners_.reset();
  auto records = first_->next();
  auto partners = partners_->next();
  require_invariant(records.has_value() == partners.has_value() && (!records || records->count() == partners->count()),
                    "partners come in micro-batches of the same sizes");
  if (!records) return std::nullopt;
  present_partners_.emplace(std::move(*partners));
  records->partners = &*present_partners_;
  return records;
}

void MixedFeed::look_ahead() {
  first_->look_ahead();
  partners_->look_ahead();
}

void MixedFeed::require_unchanged_shards() {
  first_->require_unchanged_shards();
  partners_->require_unchanged_shards();
}

data::LoaderCounters MixedFeed::counters() const {
  data::LoaderCounters both = first_->counters();
  const data::LoaderCounters more = partners_->counters();
  both.wait_seconds += more.wait_seconds;
  both.decode_seconds += more.decode_seconds;
  both.bytes += more.bytes;
  both.source_bytes += more.source_bytes;
  both.node_cache_bytes += more.node_cache_bytes;
  both.blocks_verified += more.blocks_verified;
  both.verify_failures += more.verify_failures;
  both.stalls += more.stalls;
  both.ready_batches = std::min(both.ready_batches, more.ready_batches);
  return both;
}

}  // namespace hpctrain::train
