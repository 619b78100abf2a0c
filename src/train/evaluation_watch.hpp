// Who looks at samples as rank zero scores them, and shows some. Whoever draws stands above `train`.
#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "monitor/picture.hpp"
#include "tasks/task.hpp"

namespace hpctrain::train {

class EvaluationWatch {
 public:
  virtual ~EvaluationWatch() = default;

  /// A micro-batch of this rank's share was scored.
  virtual void see(const torch::Tensor& outputs, const tasks::Batch& batch) = 0;
  /// The split's samples are through: what to show of them. Forgets them.
  virtual std::vector<monitor::Picture> finish(const std::string& split) = 0;
};

/// Null: nothing of this task can be shown.
using MakeEvaluationWatch = std::function<std::unique_ptr<EvaluationWatch>(const tasks::Task& task)>;

}  // namespace hpctrain::train
