// How fast the loader is on this machine, beside what the machine's memory allows: the ceiling and the loader take
// turns in one run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "data/dataset_index.hpp"
#include "data/image_window.hpp"
#include "data/loader_settings.hpp"

namespace hpctrain::tools {

struct DataBenchSettings {
  std::string split = "train";
  std::uint64_t batch = 128;
  data::LoaderSettings loader;
  data::Order order = data::Order::automatic;
  int rounds = 5;
  std::filesystem::path cache_folder;  ///< a first epoch out of copies is measured too; empty: none are made
  /// Encoded pictures: a random part of each, an area of 8 to 100 %, decoded to this size; unset: whole, as stored.
  std::optional<data::ImageSize> window_size;
};

struct DataBenchReport {
  std::uint64_t samples = 0;  ///< of an epoch
  std::uint64_t bytes = 0;    ///< of an epoch, as delivered
  std::string engine;
  double samples_per_second = 0;              ///< later epochs, best round
  double first_epoch_samples_per_second = 0;  ///< of a loader made for it, digests included; best round
  /// Ceiling: the same threads copy the same rows out of ordinary memory. Unset for pictures, which are decoded.
  std::optional<double> memcpy_samples_per_second;
  double pread_samples_per_second = 0;  ///< the pread engine, best round
  std::optional<double>
      staged_first_epoch_samples_per_second;  ///< out of copies verified as they were made; best round
  double first_batch_seconds = 0;             ///< from opening the data set, before anything else touched it
  double start_batch_seconds = 0;             ///< the same later, page cache warm: to the first batch of an epoch
  double resume_batch_seconds = 0;            ///< to the batch in the middle of an epoch
  double epoch_start_wait_steps = 0;          ///< wait at the first step of an epoch, in median steps
  std::uint64_t resident_bytes = 0;           ///< anonymous memory that the loader took, slots included
};

///   blocks  for about 5 · rounds epochs
///   errors  as data::Loader
DataBenchReport run_data_bench(const data::DatasetIndex& index, const DataBenchSettings& settings);

}  // namespace hpctrain::tools
