// One function for each command; see commands.hpp.
#include "pack/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <thread>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/text_format.hpp"
#include "core/version.hpp"
#include "data/index_child.hpp"
#include "data/last_words.hpp"
#include "data/layout_reader.hpp"
#include "data/process_limits.hpp"
#include "data/verify.hpp"
#include "pack/info_text.hpp"
#include "pack/phantom_isbi2015.hpp"
#include "pack/source_kind.hpp"

namespace hpctrain::pack {
namespace {

/// SOURCE_DATE_EPOCH where it is set (reproducible-builds.org), else now.
std::int64_t creation_time() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr) return static_cast<std::int64_t>(unix_seconds());
  const std::string value = text;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  require(error == std::errc() && end == value.data() + value.size() && seconds >= 0, Fault::usage,
          fmt::format("SOURCE_DATE_EPOCH = {}: expected a whole number of seconds since 1970", value));
  return seconds;
}

std::size_t num_threads(const PackCommand& command) {
  return command.threads.value_or(std::max(1u, std::thread::hardware_concurrency()));
}

int run_pack(const PackCommand& command, const CommandContext& context) {
  const Stopwatch watch;
  SourceSettings source_settings = command.source;
  source_settings.threads = num_threads(command);
  const std::unique_ptr<Source> source = make_source(command.kind, source_settings);
  const PackSettings settings{command.folder, command.plan, creation_time(), num_threads(command), command.fold};
  if (const std::string note = source->note(); !note.empty()) context.output << note << '\n';
  const data::DatasetIndex index = pack_dataset(*source, settings, context.on_progress);
  std::uint64_t bytes = 0;
  for (const data::ShardIndex& shard : index.shards) bytes += shard.file_bytes;
  context.output << fmt::format("packed {} samples in {} shards, {}, in {}: {}\n",
                                format_count(index.shards.back().first_sample + index.shards.back().num_samples),
                                index.shards.size(), format_bytes(bytes), format_duration(watch.seconds()),
                                command.folder.string());
  return 0;
}

int run_phantom(const PackCommand& command, const CommandContext& context) {
  const Stopwatch watch;
  write_phantoms({command.folder, command.phantom_count.value_or(0), command.plan.seed}, context.on_progress);
  context.output << fmt::format("drew {} phantom films in {}: {}\n", *command.phantom_count,
                                format_duration(watch.seconds()), command.folder.string());
  return 0;
}

/// The guarded child: limits first, then the files that nobody vouches for.
int run_index(const PackCommand& command, const CommandContext& context) {
  if (command.memory_limit_bytes && command.cpu_limit_seconds) {
    data::limit_this_process(*command.memory_limit_bytes, *command.cpu_limit_seconds);
    data::promise_last_words();
  }
  try {
    context.output << data::index_to_text(data::read_dataset_layout(command.folder)) << '\n';
  } catch (const std::bad_alloc&) {
    throw Error(Fault::data, fmt::format("{}: reading its layout takes more memory than is allowed; {}",
                                         command.folder.string(), data::kPackAgain));
  }
  return 0;
}

int run_info(const PackCommand& command, const CommandContext& context) {
  const data::DatasetIndex index = data::index_dataset(context.program, command.folder);
  context.output << (command.json ? info_json(index) : info_text(index));
  return 0;
}

int run_verify(const PackCommand& command, const CommandContext& context) {
  const data::DatasetIndex index = data::index_dataset(context.program, command.folder);
  const data::VerifyReport report = data::verify_dataset(index, context.on_progress);
  context.output << (command.json ? verify_json(report) : verify_text(report));
  return report.findings.empty() ? 0 : exit_code(Fault::data);
}

}  // namespace

int run_command(const PackCommand& command, const CommandContext& context) {
  switch (command.action) {
    case Action::help:
      context.output << help_text();
      return 0;
    case Action::version:
      context.output << "hpctrain-pack " << kVersion << '\n';
      return 0;
    case Action::pack:
      return run_pack(command, context);
    case Action::phantom:
      return run_phantom(command, context);
    case Action::info:
      return run_info(command, context);
    case Action::verify:
      return run_verify(command, context);
    case Action::index:
      return run_index(command, context);
  }
  return exit_code(Fault::bug);
}

}  // namespace hpctrain::pack
