// Puts planner, gatherer and ring together and runs the reader threads; see loader.hpp.
#include "data/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <new>
#include <thread>

#include "core/error.hpp"
#include "data/block_verifier.hpp"
#include "data/delivered_fields.hpp"
#include "data/mapped_shards.hpp"
#include "data/ring.hpp"
#include "data/row_gatherer.hpp"
#include "data/sample_order.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kLeastChunkBytes = 64u << 10;  // below this, handing work over costs more than doing it
constexpr std::align_val_t kSlotAlignment{4096};

class HostSlotAllocator final : public SlotAllocator {
 public:
  std::byte* allocate(std::size_t bytes) override {
    return static_cast<std::byte*>(::operator new(bytes, kSlotAlignment));
  }
  void release(std::byte* memory) noexcept override { ::operator delete(memory, kSlotAlignment); }
};

constexpr std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) noexcept {
  return a / b + (a % b != 0 ? 1 : 0);
}

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
  for (const FieldSchema& field : index.fields) {
    require(field.kind == FieldKind::dense, Fault::data,
            fmt::format("{}: field {} is not dense, and only dense fields can be trained on; {}", index.folder.string(),
                        field.name, kPackAgain));
  }
  PlannerSettings settings{epoch_samples(index, plan),
                           plan.batch,
                           plan.micro_batch,
                           plan.tail,
                           plan.epochs,
                           placement.rank,
                           placement.world};
  data::steps_per_epoch(settings.num_samples, settings.batch, settings.tail);  // refuses what cannot be planned
  return settings;
}

RingSettings make_ring_settings(const DatasetIndex& index, const LoaderPlan& plan, const LoaderSettings& settings,
                                const Placement& placement, std::uint64_t sample_bytes) {
  RingSettings ring;
  ring.slots = static_cast<std::size_t>(std::max(1, settings.depth)) + 2;
  const std::uint64_t largest_share = divide_up(plan.batch, static_cast<std::uint64_t>(placement.world));
  ring.micro_batch = std::min(plan.micro_batch, largest_share);
  const auto threads = static_cast<std::uint64_t>(std::max(1, settings.threads));
  ring.samples_per_chunk = std::max(divide_up(ring.micro_batch, threads), divide_up(kLeastChunkBytes, sample_bytes));
  for (const FieldSchema& field : index.fields) ring.row_bytes.push_back(field.row_bytes);
  return ring;
}

/// Starts a thread that leaves signals to the main thread, whose handlers expect them there.
template <class Body>
std::thread start_reader(Body body) {
  sigset_t all, before;
  sigfillset(&all);
  for (const int fatal : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, fatal);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
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
      : fields_(delivered_fields(index, plan.image_size)),
        planned_(make_planner_settings(index, plan, placement)),
        shards_(index, index.split(plan.split)),
        verifier_(shards_, index.fields, settings.verify),
        order_(index.split(plan.split).num_samples, plan.seed, plan.shuffled),
        gatherer_(shards_, verifier_, order_, index.fields),
        ring_(std::make_shared<Ring>(make_ring_settings(index, plan, settings, placement, gatherer_.sample_bytes()),
                                     MicroBatchPlanner(planned_),
                                     seams.allocator != nullptr ? *seams.allocator : host_slot_allocator())) {
    try {
      for (int i = 0; i < std::max(1, settings.threads); ++i) {
        readers_.push_back(start_reader([this] { read_chunks(); }));
      }
    } catch (...) {
      stop_readers();
      throw;
    }
  }

  ~Impl() { stop_readers(); }

  void seek(Cursor cursor) { ring_->restart(cursor); }

  std::optional<BatchLease> next() {
    const std::optional<std::size_t> slot = ring_->next_slot();
    if (!slot) return std::nullopt;
    return BatchLease(ring_, *slot);
  }

  const std::vector<FieldSchema>& fields() const noexcept { return fields_; }
  const PlannerSettings& planned() const noexcept { return planned_; }

  LoaderCounters counters() const {
    LoaderCounters counters = ring_->counters();
    counters.blocks_verified = verifier_.blocks_verified();
    return counters;
  }

 private:
  void read_chunks() {
    while (const std::optional<Chunk> chunk = ring_->take_chunk()) {
      std::exception_ptr error;
      try {
        gatherer_.gather(chunk->epoch, chunk->first_position, chunk->count, chunk->destinations);
      } catch (...) {
        error = std::current_exception();
      }
      ring_->finish_chunk(*chunk, error);
    }
  }

  void stop_readers() noexcept {
    ring_->stop();
    for (std::thread& reader : readers_) reader.join();
  }

  std::vector<FieldSchema> fields_;
  PlannerSettings planned_;
  MappedShards shards_;
  BlockVerifier verifier_;
  SampleOrder order_;
  RowGatherer gatherer_;
  std::shared_ptr<Ring> ring_;  // leases may outlive the loader
  std::vector<std::thread> readers_;
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
  return Engine::mmap;
}
LoaderCounters Loader::counters() const {
  return impl_->counters();
}

}  // namespace hpctrain::data
