#include "train/batch_feed.hpp"

namespace hpctrain::train {

void LoaderFeed::seek(data::Cursor cursor) {
  if (coming_) {
    uploads_.wait();
    uploads_.wait_until_read();
    coming_.reset();
  }
  is_over_ = false;
  loader_.seek(cursor);
}

std::optional<tasks::DeviceRecords> LoaderFeed::next() {
  // Its slot goes back to the loader here: the device must have read it.
  uploads_.wait_until_read();
  present_.reset();
  begin_next();
  if (!coming_) return std::nullopt;
  present_ = std::move(coming_);
  coming_.reset();
  return tasks::DeviceRecords{.host = **present_, .fields = uploads_.wait(), .device = device_};
}

void LoaderFeed::look_ahead() {
  if (!device_.is_cpu()) begin_next();
}

void LoaderFeed::begin_next() {
  if (coming_ || is_over_) return;
  coming_ = loader_.next();
  is_over_ = !coming_;
  if (coming_) uploads_.start((**coming_).rows);
}

}  // namespace hpctrain::train
