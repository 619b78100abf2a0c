// Phantom cephalograms as a folder that looks like the ISBI 2015 challenge's, for trying everything without a patient.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace hpctrain::pack {

inline constexpr std::uint64_t kMostPhantoms = 400;

struct PhantomSettings {
  std::filesystem::path folder;
  std::uint64_t count = 0;  ///< of films: three eighths each for TrainingData and Test1Data, two for Test2Data
  std::uint64_t seed = 0;
};

/// Writes films, both doctors' marks, PHANTOM.txt and truth.csv. Equal settings write equal bytes, and film n is the
/// same at any count. A film appears when it is whole and its marks are there; truth.csv comes last.
///   cost    a tenth of a second and 4.7 MB per film
///   errors  Fault::usage for a count of 0 or over 400, or about the folder, films of a killed run among them;
///           Fault::storage. After an error no file stays that was written here, and no other is touched
void write_phantoms(const PhantomSettings& settings,
                    const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress = {});

}  // namespace hpctrain::pack
