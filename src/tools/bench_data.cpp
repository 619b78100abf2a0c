// See bench_data.hpp. Every round starts with an empty ring, so that no batch counts that was read before the clock.
#include "tools/bench_data.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "data/loader.hpp"
#include "data/row_copy.hpp"
#include "data/sample_order.hpp"

namespace hpctrain::tools {
namespace {

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

/// Rows of the data set's size in ordinary memory, and slots like those of the ring.
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
    std::vector<const std::byte*> sources;
    const auto step = static_cast<std::uint64_t>(threads_);
    for (auto number = static_cast<std::uint64_t>(thread); number * batch_ < samples_; number += step) {
      const std::uint64_t first = number * batch_;
      const std::uint64_t count = std::min(batch_, samples_ - first);
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        sources.clear();
        for (std::uint64_t i = 0; i < count; ++i) {
          sources.push_back(columns_[c] + rows[first + i] * row_bytes_[c]);
        }
        data::copy_rows(sources, row_bytes_[c], slots_[c] + number % kSlots * batch_ * row_bytes_[c]);
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

void measure_first_epoch(const data::DatasetIndex& index, const DataBenchSettings& settings, DataBenchReport& report) {
  const std::uint64_t before = anonymous_bytes();
  const Stopwatch watch;
  data::Loader loader(index, make_plan(settings), settings.loader, {});
  loader.next();
  report.first_batch_seconds = watch.seconds();
  for (std::uint64_t step = 1; step < loader.steps_per_epoch(); ++step) loader.next();
  report.samples = loader.num_samples();
  report.first_epoch_samples_per_second = static_cast<double>(report.samples) / watch.seconds();
  report.engine = loader.engine() == data::Engine::mmap ? "mmap" : "pread";
  for (const auto& field : loader.fields()) report.bytes += report.samples * field.row_bytes;
  const std::uint64_t after = anonymous_bytes();
  report.resident_bytes = after > before ? after - before : 0;
}

}  // namespace

DataBenchReport run_data_bench(const data::DatasetIndex& index, const DataBenchSettings& settings) {
  DataBenchReport report;
  measure_first_epoch(index, settings, report);
  data::Loader loader(index, make_plan(settings), settings.loader, {});
  data::LoaderSettings by_calls = settings.loader;
  by_calls.engine = data::Engine::pread;
  data::Loader reading(index, make_plan(settings), by_calls, {});
  Ceiling ceiling(loader, settings);
  const auto keep_best = [&](double& best, double seconds) {
    best = std::max(best, static_cast<double>(report.samples) / seconds);
  };
  for (int round = 0; round <= settings.rounds; ++round) {
    const auto epoch = static_cast<std::uint64_t>(round);
    const double seconds[] = {run_epoch(loader, epoch), ceiling.run_epoch(epoch), run_epoch(reading, epoch)};
    if (round == 0) continue;  // digests and page tables
    keep_best(report.samples_per_second, seconds[0]);
    keep_best(report.memcpy_samples_per_second, seconds[1]);
    keep_best(report.pread_samples_per_second, seconds[2]);
  }
  report.epoch_start_wait_steps = measure_epoch_start(loader);
  return report;
}

}  // namespace hpctrain::tools
