// See bench_data.hpp. Every round starts with an empty ring, so that no batch counts that was read before the clock.
#include "tools/bench_data.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "data/loader.hpp"
#include "data/node_cache.hpp"
#include "data/sample_order.hpp"
#include "tasks/window_plan.hpp"

namespace hpctrain::tools {
namespace {

constexpr double kMostStagingSeconds = 3600;

/// Memory of this process that no file stands behind.
std::uint64_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::uint64_t kibibytes = 0;
  while (status >> word) {
    if (word == "RssAnon:" && status >> kibibytes) return kibibytes << 10;
  }
  return 0;
}

data::LoaderPlan make_plan(const DataBenchSettings& settings) {
  data::LoaderPlan plan;
  plan.split = settings.split;
  plan.batch = plan.micro_batch = settings.batch;
  plan.seed = 1;
  plan.order = settings.order;
  return plan;
}

double run_epoch(data::Loader& loader, std::uint64_t epoch) {
  loader.seek({epoch, 0});
  const Stopwatch watch;
  for (std::uint64_t step = 0; step < loader.steps_per_epoch(); ++step) {
    require_invariant(loader.next().has_value(), "a plan without end has batches");
  }
  return watch.seconds();
}

/// Rows of the data set's size in ordinary memory, and slots like those of the ring; copied row by row with memcpy, as
/// whoever asks what memory can do would write it.
class Ceiling {
 public:
  Ceiling(const data::Loader& loader, const DataBenchSettings& settings)
      : samples_(loader.num_samples()), batch_(settings.batch), threads_(std::max(1, settings.loader.threads)) {
    row_bytes_.push_back(sizeof(std::uint64_t));
    for (const auto& field : loader.fields()) row_bytes_.push_back(field.row_bytes);
    for (const std::uint64_t bytes : row_bytes_) {
      // From the same allocator, for its large pages: no ceiling that is lowered by a page table.
      columns_.push_back(data::host_slot_allocator().allocate(samples_ * bytes));
      std::memset(columns_.back(), 1, samples_ * bytes);
      slots_.push_back(data::host_slot_allocator().allocate(batch_ * bytes * kSlots));
    }
  }
  ~Ceiling() {
    for (std::byte* column : columns_) data::host_slot_allocator().release(column);
    for (std::byte* slot : slots_) data::host_slot_allocator().release(slot);
  }
  Ceiling(const Ceiling&) = delete;
  Ceiling& operator=(const Ceiling&) = delete;

  double run_epoch(std::uint64_t epoch) {
    std::vector<data::RowInSplit> rows(samples_);
    data::SampleOrder::full(samples_, 1).in_epoch(epoch).rows_from(0, rows);
    const Stopwatch watch;
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_; ++t) threads.emplace_back([this, t, &rows] { gather(t, rows); });
    for (std::thread& thread : threads) thread.join();
    return watch.seconds();
  }

 private:
  static constexpr std::uint64_t kSlots = 6;

  void gather(int thread, const std::vector<data::RowInSplit>& rows) {
    const auto step = static_cast<std::uint64_t>(threads_);
    for (auto number = static_cast<std::uint64_t>(thread); number * batch_ < samples_; number += step) {
      const std::uint64_t first = number * batch_;
      const std::uint64_t count = std::min(batch_, samples_ - first);
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        std::byte* slot = slots_[c] + number % kSlots * batch_ * row_bytes_[c];
        for (std::uint64_t i = 0; i < count; ++i) {
          std::memcpy(slot + i * row_bytes_[c], columns_[c] + rows[first + i] * row_bytes_[c], row_bytes_[c]);
        }
      }
    }
  }

  std::uint64_t samples_, batch_;
  int threads_;
  std::vector<std::uint64_t> row_bytes_;
  std::vector<std::byte*> columns_;
  std::vector<std::byte*> slots_;
};

/// Wait at the first step of an epoch beside the median time of a step, with a consumer that takes as long as a step.
double measure_epoch_start(data::Loader& loader) {
  const std::uint64_t steps = loader.steps_per_epoch();
  loader.seek({50, 0});
  std::vector<double> waits;
  for (std::uint64_t step = 0; step < 2 * steps; ++step) {
    const Stopwatch watch;
    loader.next();
    waits.push_back(watch.seconds());
  }
  const double at_border = waits[steps];
  std::nth_element(waits.begin(), waits.begin() + static_cast<std::ptrdiff_t>(steps), waits.end());
  return at_border / waits[steps];
}

/// What a loader is made from, again and again.
struct Bench {
  const data::DatasetIndex& index;
  const DataBenchSettings& settings;
  std::unique_ptr<data::ImageWindowPlan> windows;

  std::unique_ptr<data::Loader> open(const data::LoaderSettings& loader, data::ShardLocator* locator = nullptr) const {
    return std::make_unique<data::Loader>(index, make_plan(settings), loader, Placement{},
                                          data::LoaderSeams{.locator = locator, .window_plan = windows.get()});
  }
  std::unique_ptr<data::Loader> open() const { return open(settings.loader); }
};

std::unique_ptr<data::ImageWindowPlan> make_windows(const DataBenchSettings& settings) {
  if (!settings.window_size) return nullptr;
  tasks::AugmentationSettings window;
  window.window_chance = 1;
  window.window_area = {0.08, 1};
  window.window_aspect = {3.0 / 4, 4.0 / 3};
  return std::make_unique<tasks::RandomWindows>(window, *settings.window_size, 1);
}

/// What nothing touched before; with the page cache as it happens to be.
void measure_start(const Bench& bench, DataBenchReport& report) {
  const std::uint64_t before = anonymous_bytes();
  const Stopwatch watch;
  const auto loader = bench.open();
  loader->next();
  report.first_batch_seconds = watch.seconds();
  for (std::uint64_t step = 1; step < loader->steps_per_epoch(); ++step) loader->next();
  report.samples = loader->num_samples();
  report.engine = loader->engine() == data::Engine::mmap ? "mmap" : "pread";
  for (const auto& field : loader->fields()) report.bytes += report.samples * field.row_bytes;
  const std::uint64_t after = anonymous_bytes();
  report.resident_bytes = after > before ? after - before : 0;
}

/// From the opening of the data set.
double run_first_epoch(const Bench& bench, const data::LoaderSettings& settings, data::ShardLocator* locator) {
  const Stopwatch watch;
  const auto loader = bench.open(settings, locator);
  for (std::uint64_t step = 0; step < loader->steps_per_epoch(); ++step) loader->next();
  return watch.seconds();
}

double seconds_to_batch(const Bench& bench, std::uint64_t step) {
  const Stopwatch watch;
  const auto loader = bench.open();
  loader->seek({0, step * bench.settings.batch});
  loader->next();
  return watch.seconds();
}

void measure_resume(const Bench& bench, std::uint64_t steps, DataBenchReport& report) {
  for (int round = 0; round < bench.settings.rounds; ++round) {
    const double at_start = seconds_to_batch(bench, 0), in_middle = seconds_to_batch(bench, steps / 2);
    report.start_batch_seconds = round == 0 ? at_start : std::min(report.start_batch_seconds, at_start);
    report.resume_batch_seconds = round == 0 ? in_middle : std::min(report.resume_batch_seconds, in_middle);
  }
}

std::unique_ptr<data::NodeCache> stage(const Bench& bench) {
  if (bench.settings.cache_folder.empty()) return nullptr;
  data::CachePlan plan;
  plan.mode = data::CacheMode::replicate;
  plan.limit_bytes = std::numeric_limits<std::uint64_t>::max();
  data::CacheContent content;
  content.splits = {bench.settings.split};
  content.trusts_copies = true;
  auto cache = std::make_unique<data::NodeCache>(bench.index, plan, bench.settings.cache_folder, content, Placement{});
  require(cache->wait_until_staged(kMostStagingSeconds), Fault::storage,
          bench.settings.cache_folder.string() + ": takes no copies of the data set; see the warning above");
  return cache;
}

}  // namespace

DataBenchReport run_data_bench(const data::DatasetIndex& index, const DataBenchSettings& settings) {
  DataBenchReport report;
  const Bench bench{index, settings, make_windows(settings)};
  measure_start(bench, report);
  const auto copies = stage(bench);
  const auto loader = bench.open();
  measure_resume(bench, loader->steps_per_epoch(), report);
  data::LoaderSettings by_calls = settings.loader, out_of_copies = settings.loader;
  by_calls.engine = data::Engine::pread;
  out_of_copies.verify = data::Verify::staged;
  const auto reading = bench.open(by_calls);
  const bool is_decoded = std::any_of(index.fields.begin(), index.fields.end(), [](const data::FieldSchema& field) {
    return field.kind == data::FieldKind::encoded;
  });
  std::optional<Ceiling> ceiling;
  if (!is_decoded) ceiling.emplace(*loader, settings);
  const auto note = [&](double& best, double seconds) {
    best = std::max(best, static_cast<double>(report.samples) / seconds);
  };
  double above = 0, staged = 0;
  // Digests and page tables of the loaders that live on.
  run_epoch(*loader, 0);
  run_epoch(*reading, 0);
  for (int round = 1; round <= settings.rounds; ++round) {
    const auto epoch = static_cast<std::uint64_t>(round);
    note(report.samples_per_second, run_epoch(*loader, epoch));
    if (ceiling) note(above, ceiling->run_epoch(epoch));
    note(report.pread_samples_per_second, run_epoch(*reading, epoch));
    note(report.first_epoch_samples_per_second, run_first_epoch(bench, settings.loader, nullptr));
    if (copies) note(staged, run_first_epoch(bench, out_of_copies, copies.get()));
  }
  if (ceiling) report.memcpy_samples_per_second = above;
  if (copies) report.staged_first_epoch_samples_per_second = staged;
  report.epoch_start_wait_steps = measure_epoch_start(*loader);
  return report;
}

}  // namespace hpctrain::tools
