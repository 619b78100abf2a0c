#include "tools/sync_counter.hpp"

#include <utility>

#include "core/clock.hpp"

namespace hpctrain::tools {
namespace {

template <typename Sync>
void count_sync(SyncCount& count, const Sync& sync) {
  const Stopwatch watch;
  sync();
  ++count.syncs;
  count.seconds += watch.seconds();
}

class CountedFile final : public WritableFile {
 public:
  CountedFile(std::unique_ptr<WritableFile> file, SyncCount& count) : file_(std::move(file)), count_(count) {}

  void write(std::span<const std::byte> bytes) override { file_->write(bytes); }
  void sync() override {
    count_sync(count_, [this] { file_->sync(); });
  }
  void close() override { file_->close(); }

 private:
  std::unique_ptr<WritableFile> file_;
  SyncCount& count_;
};

}  // namespace

std::unique_ptr<WritableFile> SyncCounter::create_file(const std::filesystem::path& path) {
  return std::make_unique<CountedFile>(files_.create_file(path), count_);
}

void SyncCounter::sync_folder(const std::filesystem::path& folder) {
  count_sync(count_, [&] { files_.sync_folder(folder); });
}

}  // namespace hpctrain::tools
