// Puts planner, gatherer and ring together and runs the reader threads; see loader.hpp.
#include "data/loader.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "core/error.hpp"
#include "core/integer_division.hpp"
#include "core/log.hpp"
#include "core/signal_free_thread.hpp"
#include "data/block_verifier.hpp"
#include "data/delivered_fields.hpp"
#include "data/large_page.hpp"
#include "data/ring.hpp"
#include "data/row_reader.hpp"
#include "data/sample_order.hpp"
#include "data/shard_places.hpp"
#include "data/split_layout.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kLeastChunkBytes = 512u << 10;   // below this, handing work over costs more than doing it
constexpr std::uint64_t kChunksPerThreadOfPictures = 4;  // pictures differ in cost
constexpr std::int64_t kResidentBytes = 32 << 20;        // of short columns, where they are not mapped
constexpr std::size_t kPageBytes = 4096;

class HostSlotAllocator final : public SlotAllocator {
 public:
  std::byte* allocate(std::size_t bytes) override {
    const bool is_large = bytes >= kLargePageBytes;
    const std::size_t alignment = is_large ? kLargePageBytes : kPageBytes;
    const std::size_t whole_pages = round_up(bytes, alignment);
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(alignment, whole_pages));
    if (memory == nullptr) throw std::bad_alloc();
    // Large pages where there are some: slots are written from end to end, again and again.
    if (is_large) ::madvise(memory, whole_pages, MADV_HUGEPAGE);
    return memory;
  }
  void release(std::byte* memory) noexcept override { std::free(memory); }
};

std::uint64_t epoch_samples(const DatasetIndex& index, const LoaderPlan& plan) {
  const Split& split = index.split(plan.split);
  require(split.num_samples > 0, Fault::data,
          fmt::format("{}: split {} has no samples; pack the data set with records in it", index.folder.string(),
                      split.name));
  require(!plan.max_samples || *plan.max_samples > 0, Fault::usage, "eval.max-samples is 0; it must be at least 1");
  return std::min(split.num_samples, plan.max_samples.value_or(split.num_samples));
}

PlannerSettings make_planner_settings(const DatasetIndex& index, const LoaderPlan& plan, const Placement& placement) {
  require_invariant(plan.micro_batch > 0, "a micro-batch has samples");
  require(plan.batch >= static_cast<std::uint64_t>(placement.world), Fault::usage,
          fmt::format("train.batch = {} leaves some of the {} ranks without samples; set train.batch to {} or more, or "
                      "start fewer ranks",
                      plan.batch, placement.world, placement.world));
  PlannerSettings settings{
      epoch_samples(index, plan), plan.batch, plan.micro_batch, plan.tail, plan.epochs, placement.rank, placement.world,
      plan.micro_shards};
  data::steps_per_epoch(settings.num_samples, settings.batch, settings.tail);  // refuses what cannot be planned
  return settings;
}

RingSettings make_ring_settings(const DatasetIndex& index, const std::vector<FieldSchema>& delivered,
                                const LoaderPlan& plan, const LoaderSettings& settings, const Placement& placement) {
  RingSettings ring;
  ring.slots = static_cast<std::size_t>(std::max(1, settings.depth)) + 2;
  const std::uint64_t largest_share = divide_up(plan.batch, static_cast<std::uint64_t>(placement.world));
  ring.micro_batch = std::min(plan.micro_batch, largest_share);
  std::uint64_t sample_bytes = sizeof(std::uint64_t);
  for (const FieldSchema& field : delivered) {
    ring.row_bytes.push_back(field.row_bytes);
    sample_bytes += field.row_bytes;
  }
  const auto threads = static_cast<std::uint64_t>(std::max(1, settings.threads));
  const bool has_pictures = std::any_of(index.fields.begin(), index.fields.end(),
                                        [](const FieldSchema& f) { return f.kind == FieldKind::encoded; });
  ring.is_copied = !has_pictures;
  ring.samples_per_chunk =
      has_pictures ? divide_up(ring.micro_batch, threads * kChunksPerThreadOfPictures)
                   : std::max(divide_up(ring.micro_batch, threads), divide_up(kLeastChunkBytes, sample_bytes));
  return ring;
}

std::vector<FieldSchema> make_delivered(const DatasetIndex& index, const LoaderPlan& plan, const LoaderSeams& seams) {
  return delivered_fields(index, seams.window_plan != nullptr ? seams.window_plan->output() : plan.image_size);
}

}  // namespace

SlotAllocator& host_slot_allocator() {
  static HostSlotAllocator allocator;
  return allocator;
}

BatchLease::BatchLease(std::shared_ptr<Ring> ring, std::size_t slot) : ring_(std::move(ring)), slot_(slot) {}
BatchLease::BatchLease(BatchLease&&) noexcept = default;
BatchLease& BatchLease::operator=(BatchLease&& other) noexcept {
  std::swap(ring_, other.ring_);
  std::swap(slot_, other.slot_);
  return *this;
}
BatchLease::~BatchLease() {
  if (ring_) ring_->release(slot_);
}
const MicroBatch& BatchLease::operator*() const {
  return ring_->content(slot_);
}

class Loader::Impl {
 public:
  Impl(const DatasetIndex& index, const LoaderPlan& plan, const LoaderSettings& settings, const Placement& placement,
       const LoaderSeams& seams)
      : settings_(settings),
        stored_(index.fields),
        delivered_(make_delivered(index, plan, seams)),
        planned_(make_planner_settings(index, plan, placement)),
        layout_(index, index.split(plan.split)),
        places_(layout_, index.folder, seams.locator, {settings.engine, settings.verify != Verify::off}),
        verifier_(layout_, settings.verify),
        order_(make_sample_order(plan.order, plan.shuffled, plan.seed, index, index.split(plan.split))),
        ring_(std::make_shared<Ring>(make_ring_settings(index, delivered_, plan, settings, placement),
                                     MicroBatchPlanner(planned_),
                                     seams.allocator != nullptr ? *seams.allocator : host_slot_allocator())) {
    const ReaderParts parts{layout_, places_, verifier_, order_, stored_, delivered_, seams.window_plan, resident_};
    const int threads = std::max(1, settings.threads);
    // The last one is the consumer's.
    for (int i = 0; i <= threads; ++i) readers_.push_back(std::make_unique<RowReader>(parts));
    waiting_ = {settings_.stall_warning_seconds, [this] { warn_of_stall(); }, {}};
    copying_ = waiting_;
    copying_.fill = [this](const Chunk& chunk) { fill(*readers_.back(), chunk, open_table_); };
  }

  ~Impl() { stop_readers(); }

  void seek(Cursor cursor) {
    ring_->restart(cursor);
    start_readers();
  }

  std::optional<BatchLease> next() {
    start_readers();
    const std::optional<std::size_t> slot = ring_->next_slot(is_all_open() ? copying_ : waiting_);
    if (!slot) return std::nullopt;
    return BatchLease(ring_, *slot);
  }

  void require_unchanged_shards() { places_.require_unchanged(); }

  const std::vector<FieldSchema>& fields() const noexcept { return delivered_; }
  const PlannerSettings& planned() const noexcept { return planned_; }
  Engine engine() const noexcept { return places_.engine(); }

  LoaderCounters counters() const {
    LoaderCounters counters = ring_->counters();
    counters.blocks_verified = verifier_.blocks_verified();
    counters.verify_failures = places_.failures();
    for (const auto& reader : readers_) {
      counters.source_bytes += reader->source_bytes.load(std::memory_order_relaxed);
      counters.node_cache_bytes += reader->node_cache_bytes.load(std::memory_order_relaxed);
      counters.decode_seconds += reader->decode_seconds.load(std::memory_order_relaxed);
    }
    return counters;
  }

 private:
  void read_chunks(RowReader& reader) {
    while (const std::optional<Chunk> chunk = ring_->take_chunk()) fill(reader, *chunk, nullptr);
  }

  void fill(RowReader& reader, const Chunk& chunk, std::shared_ptr<const PlaceTable> table) {
    std::exception_ptr error;
    try {
      reader.fill(chunk, table ? std::move(table) : places_.table());
    } catch (...) {
      error = std::current_exception();
    }
    ring_->finish_chunk(chunk, error);
  }

  /// Nothing is left to be read or checked, only to be copied or decoded: the consumer may lend a hand then, and is not
  /// kept by storage while the micro-batch that it waits for becomes ready.
  bool is_all_open() {
    auto table = places_.known_table();
    if (table == open_table_) return true;
    const bool is_open = std::all_of(table->begin(), table->end(), [](const auto& place) {
      return place->mapped() != nullptr && place->is_all_open();
    });
    open_table_ = is_open ? std::move(table) : nullptr;
    return is_open;
  }

  void warn_of_stall() {
    std::string where = "no reader is inside a shard";
    for (const auto& reader : readers_) {
      const std::int64_t shard = reader->shard_at_work.load(std::memory_order_relaxed);
      if (shard < 0) continue;
      const auto table = places_.known_table();
      where = fmt::format("reading {}", (*table)[static_cast<std::size_t>(shard)]->location().file.string());
      break;
    }
    log_warning("waited {} s for data, {}; the job goes on when the storage answers (data.stall-warning-seconds)",
                settings_.stall_warning_seconds, where);
  }

  /// Not before it is known where: a node's cache gives up what the place does not need.
  void start_readers() {
    while (threads_.size() + 1 < readers_.size()) {
      threads_.push_back(
          start_signal_free_thread([this, own = readers_[threads_.size()].get()] { read_chunks(*own); }));
    }
  }

  void stop_readers() noexcept {
    ring_->stop();
    for (std::thread& thread : threads_) thread.join();
  }

  LoaderSettings settings_;
  std::vector<FieldSchema> stored_, delivered_;
  PlannerSettings planned_;
  SplitLayout layout_;
  std::atomic<std::int64_t> resident_{kResidentBytes};  // left
  ShardPlaces places_;
  BlockVerifier verifier_;
  SampleOrder order_;
  std::shared_ptr<Ring> ring_;  // leases may outlive the loader
  std::vector<std::unique_ptr<RowReader>> readers_;
  Waiting waiting_, copying_;                     // of the consumer
  std::shared_ptr<const PlaceTable> open_table_;  // the consumer found it so
  std::vector<std::thread> threads_;
};

Loader::Loader(const DatasetIndex& index, const LoaderPlan& plan, const LoaderSettings& settings,
               const Placement& placement, const LoaderSeams& seams)
    : impl_(std::make_unique<Impl>(index, plan, settings, placement, seams)) {}
Loader::~Loader() = default;

void Loader::seek(Cursor cursor) {
  impl_->seek(cursor);
}
std::optional<BatchLease> Loader::next() {
  return impl_->next();
}
void Loader::require_unchanged_shards() {
  impl_->require_unchanged_shards();
}
std::uint64_t Loader::num_samples() const noexcept {
  return impl_->planned().num_samples;
}
std::uint64_t Loader::steps_per_epoch() const noexcept {
  return data::steps_per_epoch(impl_->planned().num_samples, impl_->planned().batch, impl_->planned().tail);
}
const std::vector<FieldSchema>& Loader::fields() const noexcept {
  return impl_->fields();
}
Engine Loader::engine() const noexcept {
  return impl_->engine();
}
LoaderCounters Loader::counters() const {
  return impl_->counters();
}

}  // namespace hpctrain::data
