// `hpctrain doctor [RUN.ini]`: a preflight of this allocation, on every rank; one table and one verdict on rank zero.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "apps/commands.hpp"
#include "apps/rank_views.hpp"
#include "apps/ranked_start.hpp"
#include "apps/run_folder.hpp"
#include "comm/agree.hpp"
#include "comm/deadline.hpp"
#include "comm/host_name.hpp"
#include "comm/thread_communicator.hpp"
#include "core/log.hpp"
#include "tools/diagnosis.hpp"
#include "tools/preflight.hpp"

namespace hpctrain::apps {
namespace {

// Until the options are read, which say how long the whole may take.
constexpr double kSecondsForOptions = 50;
// Ranks that wait for the one that hangs leave it the word.
constexpr std::chrono::seconds kHeadStartOfTheHanging{2};
constexpr tools::PreflightStage kMpiStart{"waiting for MPI to join the ranks", Fault::comm, true};

class DoctorCommand {
 public:
  DoctorCommand() {
    start_.input().table.add(config::flag_only(is_json_, "json").help("One JSON object instead of the table"));
    start_.input().table.add(
        config::flag_only(timeout_seconds_, "timeout-seconds")
            .between(1, 3600)
            .unit("seconds")
            .help("A preflight that takes longer is itself a finding: it ends, naming what hangs"));
  }

  int run(const Arguments& arguments) {
    std::optional<comm::Deadline> deadline;
    const auto watch = [&](double seconds) {
      const std::chrono::duration<double> allowed(seconds);
      deadline.emplace(allowed, exit_code(Fault::comm), [this, seconds] { end_hanging(seconds); });
    };
    watch(kSecondsForOptions);
    prepare(arguments);
    watch(timeout_seconds_);
    const comm::Launch launch = comm::plan_launch(start_.environment());
    if (comm::is_wire_up_missing(launch, comm::mpi_version_text())) return judge_alone(launch);
    return comm::run_mpi_program(
        start_.environment(), [this](comm::MpiSession& session) { return run_ranks(session); }, {},
        start_.input().settings.watchdog.start_timeout_seconds, comm::WorldPolicy::any);
  }

 private:
  void prepare(const Arguments& arguments) {
    try {
      start_.prepare([&](CommandInput& input) {
        input.resolve(arguments, config::AxisPolicy::collect);
        input.settings.run.quiet = true;
      });
    } catch (const Error& error) {
      note_unreadable(error);
    }
  }

  /// What a run is made of is a finding; what this command is told is not.
  void note_unreadable(const Error& error) {
    if (error.fault() == Fault::usage) throw error;
    if (error.fault() == Fault::comm) {
      job_.difference = error.what();
    } else {
      job_.data_error = error.what();
      job_.data_fault = error.fault();
    }
  }

  bool is_sound() const { return job_.difference.empty() && job_.data_error.empty(); }

  /// Processes that MPI cannot join: the first of them speaks, none waits for another.
  int judge_alone(const comm::Launch& launch) {
    const int code = exit_code(Fault::comm);
    if (launch.rank != 0) return code;
    Placement placement;
    placement.host = comm::host_name();
    const auto alone = comm::make_single_rank_communicator();
    const tools::PreflightFacts facts = tools::survey_all(*alone, place_of(placement, launch));
    print(facts, tools::plan_diagnosis(facts));
    return code;
  }

  int run_ranks(comm::MpiSession& session) {
    comm::Communicator& world = session.world();
    std::optional<data::DatasetIndex> index;
    if (is_sound()) {
      try {
        index = start_.share_index(world);
      } catch (const Error& error) {
        note_unreadable(error);
      }
    }
    const Settings& settings = start_.input().settings;
    const tools::SurveyPlace place = place_of(session.placement(), session.launch());
    const tools::PreflightTarget target{index ? &*index : nullptr, choose_run_folder(settings.out, settings.run.task),
                                        choose_device_for_sums(session)};
    tools::Preflight preflight(world, place, target, [this](const auto& stage) { stage_ = &stage; });
    tools::JobFacts job = tools::survey_job(place);
    job.data_error = job_.data_error;
    job.data_fault = job_.data_fault;
    job.difference = job_.difference;
    job.wants_cache =
        settings.run.cache.mode == data::CacheMode::replicate || settings.run.cache.mode == data::CacheMode::stream;
    const tools::PreflightFacts facts = preflight.run(std::move(job));
    const auto findings = tools::plan_diagnosis(facts);
    if (session.is_speaker()) print(facts, findings);
    // Only rank zero knows all: what it wrote, and how fast.
    return std::stoi(comm::broadcast_text(world, std::to_string(tools::plan_exit_code(findings)), 0));
  }

  /// The CPU where ranks cannot have a GPU each: that is a finding, and no reason to leave sums unmeasured.
  torch::Device choose_device_for_sums(comm::MpiSession& session) const {
    try {
      return start_.choose_device(session);
    } catch (const Error&) {
      return torch::kCPU;
    }
  }

  tools::SurveyPlace place_of(const Placement& placement, const comm::Launch& launch) const {
    return {placement, launch, start_.environment(), start_.input().settings.run, start_.granted_cpus()};
  }

  void print(const tools::PreflightFacts& facts, const std::vector<tools::Finding>& findings) const {
    const std::string text =
        is_json_ ? tools::diagnosis_to_json(facts, findings) : tools::describe_diagnosis("hpctrain doctor", findings);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  /// Beside whatever hangs, in the deadline's thread.
  void end_hanging(double after_seconds) const {
    const tools::PreflightStage& stage = *stage_.load();
    if (stage.is_waiting) std::this_thread::sleep_for(kHeadStartOfTheHanging);
    log_error("doctor on {} is still {} after {} s; look at that first, another program may hang there too",
              comm::host_name(), stage.text, after_seconds);
    comm::abort_job(exit_code(stage.fault));
  }

  RankedStart start_;
  bool is_json_ = false;
  double timeout_seconds_ = 50;
  tools::JobFacts job_;  ///< what was found before the ranks met
  std::atomic<const tools::PreflightStage*> stage_{&kMpiStart};
};

}  // namespace

int run_doctor_command(const Arguments& arguments) {
  return DoctorCommand().run(arguments);
}

}  // namespace hpctrain::apps
