// The answer that does not look at the film: where the training films have each landmark on average. A network that is
// not far better has learned nothing.
#pragma once

#include <string>

#include "comm/communicator.hpp"
#include "tasks/landmarks.hpp"
#include "train/evaluator.hpp"

namespace hpctrain::tools {

class MeanShape {
 public:
  /// Means over the training split, of the stored images' pixels.
  ///   collective  all ranks of `group`
  MeanShape(train::Evaluator& evaluator, const tasks::Landmarks& task, const std::string& training_split,
            comm::Communicator& group);

  /// What this answer scores on a split.
  ///   collective  all ranks
  tasks::Metrics score(train::Evaluator& evaluator, const std::string& split) const;

 private:
  const tasks::Landmarks& task_;
  comm::Communicator& group_;
  torch::Tensor points_;  ///< [K, 2] float64
};

}  // namespace hpctrain::tools
