#include "train/verdict_facts.hpp"

#include <algorithm>

#include "data/file_system_kind.hpp"

namespace hpctrain::train {

monitor::VerdictFacts gather_verdict_facts(const RunSettings& settings, const data::DatasetIndex& index,
                                           const RunPlace& place, bool has_copies) {
  monitor::VerdictFacts facts;
  facts.hosts = comm::all_gather_text(place.group, place.placement.host);
  facts.samples_per_step = settings.train.batch;
  facts.is_on_gpu = place.device.is_cuda();
  facts.reads_over_network = !data::probe_file_system(index.folder).is_local && !has_copies;
  facts.decodes_pictures = std::any_of(index.fields.begin(), index.fields.end(),
                                       [](const auto& field) { return field.kind == data::FieldKind::encoded; });
  facts.reader_threads = settings.loader.threads;
  facts.saves_in_background = settings.checkpoint.is_async;
  return facts;
}

}  // namespace hpctrain::train
