#include "train/operator_recorder.hpp"

#include <ATen/record_function.h>
#include <torch/utils.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "core/clock.hpp"

namespace hpctrain::train {

/// Slices of all threads that work for the one.
class OperatorLog {
 public:
  void add(const char* name, double begin) {
    const double end = steady_seconds();
    const std::lock_guard lock(mutex_);
    const auto lane = lanes_.emplace(std::this_thread::get_id(), static_cast<int>(lanes_.size())).first->second;
    slices_.push_back({name, begin, end, monitor::kOperatorLane + lane});
  }

  std::vector<monitor::TraceSlice> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(slices_, {});
  }

 private:
  std::mutex mutex_;
  std::map<std::thread::id, int> lanes_;
  std::vector<monitor::TraceSlice> slices_;
};

namespace {

/// LibTorch's callbacks are plain functions: this is all they can see.
std::atomic<OperatorLog*> listening = nullptr;

struct RunningOperator final : at::ObserverContext {
  double begin = steady_seconds();
};

std::unique_ptr<at::ObserverContext> begin_operator(const at::RecordFunction& /*function*/) {
  return std::make_unique<RunningOperator>();
}

void end_operator(const at::RecordFunction& function, at::ObserverContext* context) {
  OperatorLog* log = listening;
  if (log != nullptr) log->add(function.name(), static_cast<RunningOperator*>(context)->begin);
}

}  // namespace

OperatorRecorder::OperatorRecorder() : log_(std::make_unique<OperatorLog>()) {
  listening = log_.get();
  // Of this thread: autograd's threads take it over with the rest of its state, and other threads do not notice.
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&begin_operator, &end_operator)
                                           .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
}

OperatorRecorder::~OperatorRecorder() {
  at::removeCallback(handle_);
  listening = nullptr;
}

std::vector<monitor::TraceSlice> OperatorRecorder::take() {
  return log_->take();
}

}  // namespace hpctrain::train
