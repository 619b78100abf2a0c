// `monitor.trace`: records what the ranks do during a few steps and writes RUN/trace.json. Decides nothing.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "comm/communicator.hpp"
#include "core/file_system.hpp"
#include "core/placement.hpp"
#include "monitor/phase_trace.hpp"
#include "monitor/step_clock.hpp"
#include "monitor/step_trace.hpp"
#include "train/operator_recorder.hpp"

namespace hpctrain::train {

class StepTracer {
 public:
  struct Parts {
    comm::Communicator& group;
    monitor::StepClock& clock;
    FileSystem& files;
    std::filesystem::path run_folder;
    Placement placement;
  };

  /// No range: nothing is ever recorded.
  StepTracer(const Parts& parts, std::optional<monitor::StepRange> range) : parts_(parts), range_(range) {}
  ~StepTracer();

  /// Around update number `step`.
  ///   collective  end_step() of the range's last step, all ranks
  void begin_step(std::uint64_t step);
  void end_step(std::uint64_t step);
  /// The run ends: writes what there is of a range that was not reached to its end.   (collective, all ranks)
  void finish();

 private:
  struct Recording {
    monitor::PhaseTrace phases;
    OperatorRecorder operators;
    double step_began = 0;
  };

  void save();
  std::vector<std::string> gather(const std::string& mine);

  Parts parts_;
  std::optional<monitor::StepRange> range_;
  std::unique_ptr<Recording> recording_;  ///< while within the range
};

}  // namespace hpctrain::train
