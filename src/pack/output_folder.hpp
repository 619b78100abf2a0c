// The folder that a data set is packed into: who may write there, and what is left when packing ends early. A marker
// file tells an unfinished pack from somebody else's files.
#pragma once

#include <filesystem>

#include "core/owned_descriptor.hpp"

namespace hpctrain::pack {

class OutputFolder {
 public:
  /// Creates the folder where it is missing, and removes what an earlier, killed pack left in it.
  ///   errors  Fault::usage when it holds a finished data set, files of others, or another packer at work
  ///           Fault::storage when it cannot be written
  explicit OutputFolder(const std::filesystem::path& folder);
  /// Without keep(): removes everything that was packed, and the folder where it was created here.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// The manifest has its name: the data set stays.
  void keep();

 private:
  void claim();
  void remove_packed_files() noexcept;

  std::filesystem::path folder_;
  bool was_created_ = false;
  bool is_claimed_ = false;
  bool is_kept_ = false;
  OwnedDescriptor marker_;  // locked while packing; the system lets go of it when the process dies
};

}  // namespace hpctrain::pack
