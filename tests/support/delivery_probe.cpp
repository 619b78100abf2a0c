// Delivers two epochs of a packed data set in every way the loader knows and tells, sample by sample, what came out,
// for tests/cli/encoded_test.py. Prints one JSON object: the samples of one plain way, and a digest of each way.
//   delivery_probe DATA_SET AUGMENT IMAGE_SIZE
#include <torch/utils.h>

#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "data/layout_reader.hpp"
#include "data/node_cache.hpp"
#include "support/temporary_folder.hpp"
#include "tasks/image_size.hpp"
#include "train/batch_feed.hpp"
#include "train/run_cache.hpp"
#include "train/run_parts.hpp"

namespace hpctrain {
namespace {

using nlohmann::json;

constexpr std::uint64_t kEpochs = 2, kBatch = 24, kMicroBatch = 7;
constexpr double kMostStagingSeconds = 30;

/// How it is carried out; the samples must not depend on it.
struct Way {
  int world = 1;
  int threads = 1;
  data::Engine engine = data::Engine::mmap;
  data::CacheMode cache = data::CacheMode::none;

  json to_json() const {
    const char* const modes[] = {"auto", "none", "replicate", "stream"};
    return {{"world", world},
            {"threads", threads},
            {"engine", engine == data::Engine::mmap ? "mmap" : "pread"},
            {"cache", modes[static_cast<int>(cache)]}};
  }
};

/// SHA-256 of what the loader handed out for a sample, and of what the network would see.
struct Delivered {
  std::string pixels, input;
};
using Ledger = std::map<std::pair<std::uint64_t, std::uint64_t>, Delivered>;  // by epoch and sample

std::string digest_of(const torch::Tensor& image) {
  const auto bytes = image.contiguous();
  return Sha256()
      .update({static_cast<const std::byte*>(bytes.data_ptr()), static_cast<std::size_t>(bytes.nbytes())})
      .hex();
}

class Probe {
 public:
  Probe(const std::filesystem::path& folder, const std::string& augment, const std::string& image_size)
      : index_(data::read_dataset_layout(folder)) {
    settings_.augment = augment;
    settings_.image_size = image_size;
    settings_.order = data::Order::windowed;
    settings_.train.seed = 11;
    task_ = train::make_run_task(settings_, index_);
    windows_ = task_->window_plan();
  }

  json run() const {
    json samples = json::array();
    for (const auto& [key, delivered] : deliver({}, nullptr)) {
      samples.push_back(
          {{"epoch", key.first}, {"id", key.second}, {"pixels", delivered.pixels}, {"input", delivered.input}});
    }
    json ways = json::array();
    for (const auto cache : {data::CacheMode::none, data::CacheMode::replicate, data::CacheMode::stream}) {
      for (const auto engine : {data::Engine::mmap, data::Engine::pread}) {
        for (const int threads : {1, 2, 4}) {
          for (const int world : {1, 2, 3, 4, 8}) ways.push_back(try_way({world, threads, engine, cache}));
        }
      }
    }
    return {{"samples", samples}, {"ways", ways}};
  }

 private:
  json try_way(const Way& way) const {
    data::LoaderCounters counters;
    Sha256 digest;
    for (const auto& [key, delivered] : deliver(way, &counters)) {
      digest.update(std::to_string(key.first) + " " + std::to_string(key.second) + " " + delivered.pixels + " " +
                    delivered.input + "\n");
    }
    json told = way.to_json();
    told["digest"] = digest.hex();
    told["source_bytes"] = counters.source_bytes;
    told["node_cache_bytes"] = counters.node_cache_bytes;
    return told;
  }

  /// The ranks of one node, one after the other.
  Ledger deliver(const Way& way, data::LoaderCounters* counters) const {
    const test::TemporaryFolder scratch;
    Ledger ledger;
    for (int rank = 0; rank < way.world; ++rank) {
      const Placement placement{rank, way.world, 0, 1, 0, 1, "here"};
      const auto cache = make_cache(way, scratch.path());
      data::LoaderSettings loader_settings;
      loader_settings.threads = way.threads;
      loader_settings.engine = way.engine;
      data::Loader loader(index_, plan(), loader_settings, placement,
                          data::LoaderSeams{.locator = cache.get(), .window_plan = windows_.get()});
      add_all(loader, ledger);
      if (counters == nullptr) continue;
      counters->source_bytes += loader.counters().source_bytes;
      counters->node_cache_bytes += loader.counters().node_cache_bytes;
    }
    return ledger;
  }

  data::LoaderPlan plan() const {
    data::LoaderPlan plan;
    plan.seed = settings_.train.seed;
    plan.batch = kBatch;
    plan.micro_batch = kMicroBatch;
    plan.epochs = kEpochs;
    plan.order = settings_.order;
    plan.image_size = tasks::read_image_size(settings_.image_size);
    return plan;
  }

  /// Replicated: every copy is there before the first row is read. Streamed: half of the shards fit.
  std::unique_ptr<data::NodeCache> make_cache(const Way& way, const std::filesystem::path& folder) const {
    data::CachePlan plan;
    plan.mode = way.cache;
    for (const auto& shard : index_.shards) plan.limit_bytes += shard.file_bytes;
    if (way.cache == data::CacheMode::stream) plan.limit_bytes /= 2;
    data::CacheContent content;
    content.splits = {"train"};
    content.uses = train::uses_of_shards(settings_, index_);
    auto cache = std::make_unique<data::NodeCache>(index_, plan, folder, std::move(content), Placement{});
    require(way.cache != data::CacheMode::replicate || cache->wait_until_staged(kMostStagingSeconds), Fault::bug,
            "the shards were not copied");
    return cache;
  }

  void add_all(data::Loader& loader, Ledger& ledger) const {
    const std::size_t field = index_.field_position("image");
    train::LoaderFeed feed(loader, torch::kCPU);
    while (const auto records = feed.next()) {
      if (records->count() == 0) continue;
      const auto batch = task_->make_batch(*records, tasks::Mode::train);
      const std::uint64_t row_bytes = loader.fields()[field].row_bytes;
      for (std::int64_t n = 0; n < batch.count(); ++n) {
        const auto row = records->host.rows[field].subspan(static_cast<std::uint64_t>(n) * row_bytes, row_bytes);
        const std::pair key{records->host.batch.epoch, batch.sample_ids[static_cast<std::size_t>(n)]};
        const bool is_new =
            ledger.emplace(key, Delivered{Sha256().update(row).hex(), digest_of(batch.images[n])}).second;
        require(is_new, Fault::bug, "a sample was delivered twice in an epoch");
      }
    }
  }

  data::DatasetIndex index_;
  train::RunSettings settings_;
  std::unique_ptr<tasks::Task> task_;
  std::unique_ptr<data::ImageWindowPlan> windows_;
};

}  // namespace
}  // namespace hpctrain

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  hpctrain::start_logging({.quiet = true});
  try {
    std::cout << hpctrain::Probe(argv[1], argv[2], argv[3]).run() << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "delivery_probe: " << error.what() << '\n';
    return hpctrain::exit_code(hpctrain::Fault::bug);
  }
}
