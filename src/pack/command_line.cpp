// One table of options for all commands; see command_line.hpp.
#include "pack/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "pack/option_values.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::string_view kHelpHead =
    "Packs original data sets into HDF5 shards that hpctrain trains from.\n"
    "\n"
    "  hpctrain-pack KIND SOURCE -o DIR  pack; KIND and what SOURCE is:\n";
constexpr std::string_view kHelpTail =
    "  hpctrain-pack phantom-isbi2015 --count N -o DIR\n"
    "                                    draw N (1 to 400) phantom cephalograms with landmarks, laid out as isbi2015\n"
    "  hpctrain-pack info DIR            schema, splits and statistics of a packed data set\n"
    "  hpctrain-pack verify DIR          check every digest\n"
    "\n"
    "Packing\n"
    "  -o, --output DIR    where to write; must be new, empty or an unfinished pack\n"
    "  --validation N      take N samples out of the training split as split \"validation\" (default: as KIND says)\n"
    "  --folds K --fold I  the I-th of K parts validates, the others train (cross-validation; "
    "docs/formats/shards.md);\n"
    "                      stl10 has ten folds of its own, which --fold I takes alone\n"
    "  --seed S            of the shuffle and of the choice of validation samples (default 0); also that of "
    "phantom-isbi2015\n"
    "  --no-shuffle        keep the source's order inside each split\n"
    "  --threads N         that read and decode (default: one for each CPU)\n"
    "  --shard-bytes B     size aimed at for one shard (default: a 64th of the data, 8 MiB to 512 MiB)\n"
    "\n"
    "Packing some kinds (named above)\n"
    "  --classes N         labels are 0 to N-1 (default 10)\n"
    "  --class-names A,B…  what the labels 0, 1, … stand for\n"
    "  --size WxH          pixels of the stored images\n"
    "  --fit crop|pad      what happens to pictures of another aspect (default crop: fill, cut off the rest)\n"
    "  --colour C          channels of the stored images: grey, rgb, or auto (default: rgb where any has colours)\n"
    "  --store FORM        raw pixels (default), encoded (JPEG or PNG files as they are) or jpeg=QUALITY (1 to 100)\n"
    "  --spacing-mm X      side of an original pixel\n"
    "\n"
    "info, verify\n"
    "  --json              one JSON object instead of text\n"
    "\n"
    "-h, --help, --version\n"
    "SOURCE_DATE_EPOCH in the environment fixes the recorded time: the same source gives byte-equal files.\n"
    "Exit codes: 0 done, 64 usage, 65 bad data, 74 storage (a full disk).\n";

struct CommandName {
  std::string_view name;
  Action action;
};
constexpr std::array<CommandName, 5> kCommands{{{"phantom-isbi2015", Action::phantom},
                                                {"info", Action::info},
                                                {"verify", Action::verify},
                                                {"index", Action::index},
                                                {"help", Action::help}}};

struct Option {
  std::string name;
  bool takes_value;
  std::vector<Action> actions;
  bool belongs_to_kinds;  ///< only to kinds of source that name it
  void (*apply)(PackCommand&, const std::string& name, const std::string& value);
};

FoldChoice& fold(PackCommand& command) {
  if (!command.fold) command.fold.emplace(FoldChoice{0, std::nullopt});
  return *command.fold;
}

const std::vector<Option>& options() {
  using Command = PackCommand;
  using Text = std::string;
  static const std::vector<Action> kPack{Action::pack}, kPhantom{Action::phantom},
      kWrite{Action::pack, Action::phantom}, kReport{Action::info, Action::verify}, kIndex{Action::index};
  static const std::vector<Option> kTable{
      {"--output", true, kWrite, false, [](Command& c, const Text&, const Text& v) { c.folder = v; }},
      {"--validation", true, kPack, false,
       [](Command& c, const Text& n, const Text& v) { c.plan.validation_samples = parse_count(n, v, 0); }},
      {"--folds", true, kPack, false,
       [](Command& c, const Text& n, const Text& v) { fold(c).count = parse_count(n, v, 2); }},
      {"--fold", true, kPack, false,
       [](Command& c, const Text& n, const Text& v) { fold(c).number = parse_count(n, v, 1); }},
      {"--seed", true, kWrite, false,
       [](Command& c, const Text& n, const Text& v) { c.plan.seed = parse_count(n, v, 0); }},
      {"--count", true, kPhantom, false,
       [](Command& c, const Text& n, const Text& v) { c.phantom_count = parse_count(n, v, 1); }},
      {"--no-shuffle", false, kPack, false, [](Command& c, const Text&, const Text&) { c.plan.shuffle = false; }},
      {"--shard-bytes", true, kPack, false,
       [](Command& c, const Text& n, const Text& v) { c.plan.shard_target_bytes = parse_count(n, v, 1); }},
      {"--classes", true, kPack, true,
       [](Command& c, const Text& n, const Text& v) { c.source.num_classes = parse_count(n, v, 1); }},
      {"--class-names", true, kPack, true,
       [](Command& c, const Text& n, const Text& v) { c.source.class_names = parse_names(n, v); }},
      {"--threads", true, kPack, false,
       [](Command& c, const Text& n, const Text& v) { c.threads = parse_threads(n, v); }},
      {"--store", true, kPack, true,
       [](Command& c, const Text& n, const Text& v) { c.source.store = parse_store(n, v); }},
      {"--size", true, kPack, true, [](Command& c, const Text& n, const Text& v) { c.source.size = parse_size(n, v); }},
      {"--fit", true, kPack, true, [](Command& c, const Text& n, const Text& v) { c.source.fit = parse_fit(n, v); }},
      {"--colour", true, kPack, true,
       [](Command& c, const Text& n, const Text& v) { c.source.colour = parse_colour(n, v); }},
      {"--spacing-mm", true, kPack, true,
       [](Command& c, const Text& n, const Text& v) { c.source.spacing_mm = parse_millimetres(n, v); }},
      {"--json", false, kReport, false, [](Command& c, const Text&, const Text&) { c.json = true; }},
      {"--memory-limit", true, kIndex, false,
       [](Command& c, const Text& n, const Text& v) { c.memory_limit_bytes = parse_count(n, v, 1); }},
      {"--cpu-limit", true, kIndex, false,
       [](Command& c, const Text& n, const Text& v) { c.cpu_limit_seconds = parse_count(n, v, 1); }},
  };
  return kTable;
}

const SourceKind* find_kind(const std::string& name) {
  for (const SourceKind& kind : source_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

bool serves(const Option& option, const PackCommand& command) {
  if (std::find(option.actions.begin(), option.actions.end(), command.action) == option.actions.end()) return false;
  if (!option.belongs_to_kinds) return true;
  const SourceKind* kind = find_kind(command.kind);
  return kind != nullptr && fmt::format(" {} ", kind->options).find(" " + option.name + " ") != std::string::npos;
}

/// Options that this command knows: what a mistyped one is compared with.
const Option& find_option(const std::string& given, const PackCommand& command) {
  const std::string name = given == "-o" ? "--output" : given;
  std::vector<std::string> names;
  for (const Option& option : options()) {
    if (!serves(option, command)) continue;
    if (option.name == name) return option;
    names.push_back(option.name);
  }
  throw Error(Fault::usage, fmt::format("unknown option {}{}; hpctrain-pack --help lists all", given,
                                        nearest_name_hint(given, names)));
}

Action find_action(const std::string& given) {
  if (find_kind(given) != nullptr) return Action::pack;
  std::vector<std::string> names;
  for (const SourceKind& kind : source_kinds()) names.emplace_back(kind.name);
  for (const CommandName& command : kCommands) {
    if (command.name == given) return command.action;
    names.emplace_back(command.name);
  }
  throw Error(Fault::usage, fmt::format("unknown command or kind of source \"{}\"{}; hpctrain-pack --help lists all",
                                        given, nearest_name_hint(given, names)));
}

/// Applies options in place and returns the other arguments.
std::vector<std::string> apply_options(std::span<const std::string> arguments, PackCommand& command) {
  std::vector<std::string> operands, seen;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() < 2 || argument[0] != '-') {
      operands.push_back(argument);
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string given = argument.substr(0, equals);
    const Option& option = find_option(given, command);
    require(std::find(seen.begin(), seen.end(), option.name) == seen.end(), Fault::usage,
            fmt::format("{} is given twice; give it once", given));
    seen.push_back(option.name);
    require(option.takes_value || equals == std::string::npos, Fault::usage,
            fmt::format("{} takes no value; write it alone", given));
    std::string value;
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (option.takes_value) {
      require(i + 1 < arguments.size(), Fault::usage, fmt::format("{} needs a value after it", given));
      value = arguments[++i];
    }
    option.apply(command, given, value);
  }
  return operands;
}

void require_folder(const PackCommand& command, std::string_view what) {
  require(!command.folder.empty(), Fault::usage,
          fmt::format("-o DIR is missing: name the folder to write the {} to", what));
}

void take_operands(const std::string& name, const std::vector<std::string>& operands, PackCommand& command) {
  if (command.action == Action::phantom) {
    require(operands.empty(), Fault::usage,
            fmt::format("hpctrain-pack {} reads no source, {} was given; name the folder to write to with -o", name,
                        operands.empty() ? "" : operands[0]));
    require(command.phantom_count.has_value(), Fault::usage, "--count N is missing: say how many films to draw");
    require_folder(command, "phantoms");
    return;
  }
  const bool is_pack = command.action == Action::pack;
  require(operands.size() == 1, Fault::usage,
          fmt::format("hpctrain-pack {} needs exactly one {}, {} were given", name,
                      is_pack ? "source to read from" : "folder of a packed data set", operands.size()));
  if (!is_pack) {
    command.folder = operands[0];
    return;
  }
  require(!command.fold || command.fold->number > 0, Fault::usage,
          "--folds without --fold: say with --fold which of them validates, from 1");
  command.source.path = operands[0];
  require_folder(command, "packed data set");
}

}  // namespace

PackCommand parse_command_line(std::span<const std::string> arguments) {
  PackCommand command;
  for (const std::string& argument : arguments) {
    if (argument == "-h" || argument == "--help") return command;
    if (argument == "--version") {
      command.action = Action::version;
      return command;
    }
  }
  require(!arguments.empty(), Fault::usage, "no command given; hpctrain-pack --help lists all");
  command.action = find_action(arguments[0]);
  if (command.action == Action::pack) command.kind = arguments[0];
  const std::vector<std::string> operands = apply_options(arguments.subspan(1), command);
  if (command.action != Action::help) take_operands(arguments[0], operands, command);
  return command;
}

std::string help_text() {
  std::string text(kHelpHead);
  for (const SourceKind& kind : source_kinds()) {
    text += fmt::format("    {:<16} {}\n", kind.name, kind.operand);
    if (!kind.options.empty()) text += fmt::format("    {:<16}   with {}\n", "", kind.options);
  }
  return text.append(kHelpTail);
}

}  // namespace hpctrain::pack
