// Which start of a run this process is. Of two processes on one run folder the later one owns it; the older one finds
// out before it commits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

class Incarnation {
 public:
  /// Takes the run over with a fence greater than any seen: the file ckpt/FENCE-<fence> is created exclusively, so that
  /// two starts at the same moment never share a number. Durable on return.
  ///   errors  Fault::storage
  Incarnation(FileSystem& files, std::filesystem::path run_folder);

  std::uint64_t fence() const noexcept { return fence_; }
  /// The same for every start of the run (ckpt/RUN_ID); checkpoints of another run that were copied in are told by it.
  const std::string& run_id() const noexcept { return run_id_; }

  /// errors  Fault::fenced, naming the newer start's host and process
  void require_newest() const;

 private:
  std::uint64_t newest_fence_file() const;
  std::uint64_t newest_fence() const;
  bool claim(std::uint64_t fence);
  void remove_older();
  std::optional<std::string> load_run_id() const;
  std::string load_or_make_run_id();

  FileSystem& files_;
  std::filesystem::path run_folder_;
  std::filesystem::path folder_;
  std::uint64_t fence_ = 0;
  std::string run_id_;
};

}  // namespace hpctrain::checkpoint
