// Copies of shards on the nodes.
#include "apps/option_groups.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

void add_cache_options(OptionTable& table, Settings& settings) {
  auto& cache = settings.run.cache;
  table.add_section("cache", "Copies of shards on each node");
  table.add(
      option(cache.mode, "cache", "mode")
          .choices({{"auto", data::CacheMode::automatic},
                    {"none", data::CacheMode::none},
                    {"replicate", data::CacheMode::replicate},
                    {"stream", data::CacheMode::stream}})
          .help("replicate copies each shard once to the node, stream keeps what is needed next; auto: none where "
                "the data set lies on a local disk, else what fits. Samples and their order stay the same"));
  table.add(option(cache.folder, "cache", "dir")
                .help("Folder on a disk of the node; empty takes its scratch folder (SLURM_TMPDIR, TMPDIR, /tmp, …)"));
  table.add(option(cache.limit_gib, "cache", "limit-gib")
                .at_least(0)
                .unit("GiB")
                .help("Most that the copies may take on a node; unset: what is free there, less a twentieth"));
}

}  // namespace hpctrain::apps
