// Why a checkpoint is not to be used: one word for the quarantine folder's name, one sentence for people.
#pragma once

#include <string>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::checkpoint {

/// Thrown while a checkpoint is verified. restore_newest() catches it and passes on to the previous checkpoint; a
/// caller that asked for this very checkpoint lets it through as Fault::no_checkpoint.
class CheckpointDefect : public Error {
 public:
  CheckpointDefect(std::string slug, const std::string& reason)
      : Error(Fault::no_checkpoint, reason), slug_(std::move(slug)) {}

  /// Fit for a file name, e.g. "file-digest".
  const std::string& slug() const noexcept { return slug_; }

 private:
  std::string slug_;
};

}  // namespace hpctrain::checkpoint
