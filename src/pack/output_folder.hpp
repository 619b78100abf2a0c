// The folder that a data set is written into: who may write there, and what is left when writing ends early. A marker
// file tells an unfinished pack from somebody else's files.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "core/owned_descriptor.hpp"

namespace hpctrain::pack {

/// What is written into the folder.
struct OutputContents {
  std::string_view last_file;  ///< written last: where it is, the folder is finished
  std::string_view marker;     ///< stands in the folder, locked, until it is finished
  std::string_view name;       ///< of the whole, in messages: "packed data set"
  /// Called when the folder is locked: clears away what a killed run left, or refuses it and touches nothing.
  std::function<void(const std::filesystem::path& folder)> start_over;
  /// Called when writing ends early; never throws.
  std::function<void(const std::filesystem::path& folder)> remove_written;
};

/// Manifest and shards.
OutputContents packed_contents();

class OutputFolder {
 public:
  /// Creates the folder where it is missing, and starts over where a killed run left an unfinished one.
  ///   errors  Fault::usage when it holds a finished data set, files of others, or another packer at work
  ///           Fault::storage when it cannot be written
  explicit OutputFolder(const std::filesystem::path& folder, const OutputContents& contents = packed_contents());
  /// Without keep(): removes everything that was written, and the folder where it was created here.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// The last file has its name: everything stays.
  void keep();

 private:
  void claim();
  void require_unfinished() const;
  void require_own_marker() const;
  std::filesystem::path folder_;
  OutputContents contents_;
  bool was_created_ = false;
  bool is_kept_ = false;
  OwnedDescriptor marker_;  // locked while packing; the system lets go of it when the process dies
};

}  // namespace hpctrain::pack
