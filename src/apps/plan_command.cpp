// `hpctrain plan [RUN.ini]`: memory and time before anybody waits in a queue; with --compare RUN_DIR, the forecast
// beside what the run then did.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include "apps/command_input.hpp"
#include "apps/commands.hpp"
#include "apps/fold_datasets.hpp"
#include "apps/rank_views.hpp"
#include "apps/sample_dataset.hpp"
#include "comm/affinity.hpp"
#include "comm/agree.hpp"
#include "comm/guard.hpp"
#include "comm/held_failure.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/log.hpp"
#include "data/index_child.hpp"
#include "device/device.hpp"
#include "device/host_memory.hpp"
#include "device/tensor_memory.hpp"
#include "tasks/image_size.hpp"
#include "tools/forecast_review.hpp"
#include "tools/gpu_cards.hpp"
#include "tools/plan_survey.hpp"
#include "train/reproducible_mode.hpp"

namespace hpctrain::apps {
namespace {

/// The driver's context, kernels and libraries of a process on a GPU; the program and its libraries on a CPU.
constexpr std::uint64_t kReservedBytes = 512ull << 20;
constexpr tools::RecordShape kSampleDataSet{28, 28, 1, 10, 60'000};
constexpr int kMostRanks = 100'000;
constexpr std::uint64_t kMostAtOnce = 1'000'000;

struct PlanFlags {
  std::string batches, image_sizes, precisions, card, ranks = "1 2 4 8", records;
  std::optional<std::uint64_t> outputs, samples;
  std::optional<int> ranks_per_node;
  tools::NetworkWish network;
  bool is_json = false;
  bool is_comparison = false;
};

void add_flags(config::OptionTable& table, PlanFlags& flags) {
  using config::flag_only;
  table.add(flag_only(flags.batches, "batches").help("Micro-batches of a rank to forecast, as in 32,64,128"));
  table.add(flag_only(flags.image_sizes, "image-sizes").help("Image sizes, each as data.image-size takes it"));
  table.add(flag_only(flags.precisions, "precisions").help("Number formats, of fp32, tf32, bf16, fp16"));
  table.add(flag_only(flags.card, "card").help("Memory to fit: GiB, or a GPU's name such as A100-40"));
  table.add(flag_only(flags.ranks, "ranks").help("Numbers of ranks to forecast the time for"));
  table.add(
      flag_only(flags.ranks_per_node, "ranks-per-node").between(1, 1024).help("Ranks that share a node's memory"));
  table.add(flag_only(flags.records, "records").help("What no data set says yet: HEIGHTxWIDTHxCHANNELS"));
  table.add(flag_only(flags.outputs, "outputs").between(2, 10'000'000).help("Classes or landmarks of such records"));
  table.add(flag_only(flags.samples, "samples").at_least(1).help("Training samples of such records"));
  table.add(flag_only(flags.network.latency_microseconds, "network-latency")
                .at_least(0)
                .unit("µs")
                .help("Of a message from node to node"));
  table.add(flag_only(flags.network.gigabytes_per_second, "network-rate")
                .above(0)
                .unit("GB/s")
                .help("Of one rank to another node, one way"));
  table.add(flag_only(flags.is_comparison, "compare").help("RUN_DIR: the forecast beside what that run did"));
  table.add(flag_only(flags.is_json, "json").help("Print one JSON object"));
}

/// Words between commas or blanks.
std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find_first_of(", ", at), list.size());
    if (end > at) words.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::vector<std::uint64_t> numbers_of(const std::string& flag, const std::string& list, std::uint64_t most) {
  std::vector<std::uint64_t> numbers;
  for (const auto& word : words_of(list)) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    require(error == std::errc() && end == word.data() + word.size() && number >= 1 && number <= most, Fault::usage,
            fmt::format("{}: '{}' is no whole number from 1 to {}", flag, word, most));
    numbers.push_back(number);
  }
  return numbers;
}

std::vector<train::Precision> precisions_of(const std::string& list) {
  using train::Precision;
  constexpr std::array kAll = {Precision::fp32, Precision::tf32, Precision::bf16, Precision::fp16};
  std::vector<Precision> precisions;
  for (const auto& word : words_of(list)) {
    const auto found =
        std::find_if(kAll.begin(), kAll.end(), [&](Precision p) { return tools::precision_name(p) == word; });
    require(found != kAll.end(), Fault::usage,
            "--precisions: '" + word + "' is no number format; choose of fp32, tf32, bf16, fp16");
    precisions.push_back(*found);
  }
  return precisions;
}

class PlanCommand {
 public:
  PlanCommand() { add_flags(input_.table, flags_); }

  int run(const Arguments& arguments) {
    const auto environment = comm::read_environment();
    const comm::Launch launch = comm::plan_launch(environment);
    refusal_.hold(launch.kind, [&] { prepare(arguments, launch, environment); });
    return comm::run_mpi_program(environment, [this](comm::MpiSession& session) { return run_ranks(session); });
  }

 private:
  void prepare(const Arguments& arguments, const comm::Launch& launch, const comm::Environment& environment) {
    question_.cpus = comm::widen_affinity(launch.local_rank, launch.local_world.value_or(1), environment).share;
    read_options(arguments);
    question_.run = input_.settings.run;
    LogSettings log;
    log.rank = launch.rank;
    log.world = launch.world.value_or(1);
    start_logging(log);
    device::keep_freed_memory();
    device::meter_host_tensors();
    device::set_operation_threads(train::plan_operation_threads(question_.run.train, static_cast<int>(question_.cpus)));
    read_lists();
    if (launch.rank == 0) choose_records();
  }

  void read_options(const Arguments& arguments) {
    const bool is_comparison = std::find(arguments.begin(), arguments.end(), "--compare") != arguments.end();
    if (!is_comparison) return input_.resolve(arguments, config::AxisPolicy::refuse);
    const auto others = input_.resolve_run(arguments);
    require(others.empty(), Fault::usage, "usage: hpctrain plan --compare RUN_DIR [--json]");
    record_ = tools::load_run_record(posix_file_system(), input_.settings.out);
    flags_.ranks = std::to_string(tools::ranks_of(*record_));
  }

  void read_lists() {
    question_.micro_batches = numbers_of("--batches", flags_.batches, kMostAtOnce);
    question_.image_sizes = words_of(flags_.image_sizes);
    for (const auto& size : question_.image_sizes) tasks::read_image_size(size);
    question_.precisions = precisions_of(flags_.precisions);
    for (const auto ranks : numbers_of("--ranks", flags_.ranks, kMostRanks)) {
      question_.ranks.push_back(static_cast<int>(ranks));
    }
    require(!question_.ranks.empty(), Fault::usage, "--ranks: name at least one number of ranks, as in 1,2,4,8");
    if (!flags_.card.empty()) {
      const auto card = tools::read_gpu_card(flags_.card);
      question_.card_name = card.name;
      question_.card = {card.bytes, kReservedBytes};
      question_.is_for_gpu = true;
    }
  }

  /// The data set's layout where there is one, else what people say of it. A run without any option has the sample data
  /// set; of a RUN.ini that names none, the task's usual one is expected to come.
  void choose_records() {
    const bool is_described = !flags_.records.empty() || flags_.outputs || flags_.samples;
    const bool is_given = input_.resolution.is_given("data.dir");
    require(!(is_described && is_given), Fault::usage,
            "--records, --outputs and --samples describe records that nobody has yet, and --data names a data set; "
            "leave one of them away");
    if (is_given || record_) {
      question_.index = data::index_dataset(packer_program(), dataset_folder(input_.settings));
      const auto& split = question_.run.train_split;
      require(question_.index->has_split(split), Fault::usage,
              "data.train-split " + split + ": " + question_.index->folder.string() + " has no such split");
      return;
    }
    question_.shape = input_.resolution.is_given("task.name") || question_.run.task != "classification"
                          ? tools::usual_record_shape(question_.run.task)
                          : kSampleDataSet;
    if (!flags_.records.empty()) tools::read_record_shape(flags_.records, question_.shape);
    if (flags_.outputs) question_.shape.outputs = *flags_.outputs;
    if (flags_.samples) question_.shape.samples = *flags_.samples;
  }

  int run_ranks(comm::MpiSession& session) {
    comm::Communicator& world = session.world();
    refusal_.throw_together(world);
    const auto device = choose_device(world, session.placement(), question_.run.train.device);
    const auto links = tools::survey_links(world, session.placement(), device, flags_.network);
    const auto text = comm::run_on_leader(world, [&] {
      choose_card(device, session.placement());
      question_.ranks_per_node =
          flags_.ranks_per_node.value_or(world.size() > 1 ? session.placement().local_world : usual_ranks_per_node());
      const auto report = tools::survey_plan(question_, links, device);
      if (record_) return review(report);
      return flags_.is_json ? tools::plan_to_json(report) : tools::describe_plan(report);
    });
    if (world.is_leader()) std::fputs(text.c_str(), stdout);
    return 0;
  }

  void choose_card(const torch::Device& device, const Placement& placement) {
    if (question_.is_for_gpu) return;
    question_.is_for_gpu = device.is_cuda();
    const int sharers = flags_.ranks_per_node.value_or(placement.local_world);
    const auto ranks = static_cast<std::uint64_t>(device.is_cuda() ? 1 : sharers);
    question_.card = {device::total_memory(device) / ranks, kReservedBytes};
    question_.card_name = fmt::format("{} GiB, {}", tools::format_gib(question_.card.total_bytes),
                                      device.is_cuda() ? "this GPU's"
                                      : ranks == 1     ? "this node's"
                                                       : "a rank's part of this node's");
  }

  static int usual_ranks_per_node() {
    constexpr int kUsual = 4;
    return std::max(kUsual, device::count_visible_gpus());
  }

  std::string review(const tools::PlanReport& report) const {
    tools::RunFigures forecast;
    const auto micro_batch = train::plan_micro_batch(question_.run.train, question_.ranks.front());
    for (const auto& row : report.rows) {
      const bool recomputes = question_.run.train.recompute == train::Recompute::on && row.recomputed;
      const auto& memory = recomputes ? row.recomputed : row.kept;
      if (memory && row.micro_batch == micro_batch) forecast.peak_bytes = static_cast<double>(memory->total());
    }
    if (!report.times.empty()) forecast.epoch_seconds = report.times.front().epoch_seconds;
    const auto truth = tools::read_run_figures(*record_, report.shape.steps_per_epoch);
    if (flags_.is_json) return tools::review_to_json(forecast, truth);
    return fmt::format("{}, trained on {} rank{}; forecast on {}\n{}", input_.settings.out.string(),
                       question_.ranks.front(), question_.ranks.front() == 1 ? "" : "s", report.device_words,
                       tools::describe_review(forecast, truth));
  }

  CommandInput input_;
  PlanFlags flags_;
  tools::PlanQuestion question_;
  std::optional<tools::RunRecord> record_;  ///< of the run to compare with
  comm::HeldFailure refusal_;               ///< of the options
};

}  // namespace

int run_plan_command(const Arguments& arguments) {
  return PlanCommand().run(arguments);
}

}  // namespace hpctrain::apps
