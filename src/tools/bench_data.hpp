// How fast the loader is on this machine, beside what the machine's memory allows: the ceiling and the loader take
// turns in one run.
#pragma once

#include <cstdint>
#include <string>

#include "data/dataset_index.hpp"
#include "data/loader_settings.hpp"

namespace hpctrain::tools {

struct DataBenchSettings {
  std::string split = "train";
  std::uint64_t batch = 128;
  data::LoaderSettings loader;
  data::Order order = data::Order::automatic;
  int rounds = 5;
};

struct DataBenchReport {
  std::uint64_t samples = 0;  ///< of an epoch
  std::uint64_t bytes = 0;    ///< of an epoch, as delivered
  std::string engine;
  double samples_per_second = 0;              ///< later epochs, best round
  double first_epoch_samples_per_second = 0;  ///< digests included
  double memcpy_samples_per_second = 0;       ///< ceiling: the same threads copy the same rows out of ordinary memory
  double pread_samples_per_second = 0;        ///< the pread engine, best round
  double first_batch_seconds = 0;             ///< from opening the data set
  double epoch_start_wait_steps = 0;          ///< wait at the first step of an epoch, in median steps
  std::uint64_t resident_bytes = 0;           ///< anonymous memory that the loader took, slots included
};

///   blocks  for about 3 · rounds epochs
///   errors  as data::Loader
DataBenchReport run_data_bench(const data::DatasetIndex& index, const DataBenchSettings& settings);

}  // namespace hpctrain::tools
