// Splits program arguments with Boost.Program_options and gives every slip one clear line. Must not check values.
#include "config/command_line.hpp"

#include <algorithm>
#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <map>
#include <optional>

#include "config/axis.hpp"
#include "config/help.hpp"

namespace hpctrain::config {
namespace {

namespace po = boost::program_options;

// Everything Boost offers except guessing: `--optim.l` must not mean --optim.lr today and something else tomorrow.
constexpr int kStyle = po::command_line_style::allow_long | po::command_line_style::long_allow_next |
                       po::command_line_style::long_allow_adjacent | po::command_line_style::allow_short |
                       po::command_line_style::allow_dash_for_short | po::command_line_style::short_allow_next |
                       po::command_line_style::short_allow_adjacent;

po::options_description describe(const OptionTable& table) {
  po::options_description description;
  for (const Option& row : table.rows()) {
    description.add_options()(row.name().c_str(), po::value<std::string>());
    for (const std::string& alias : row.facts().aliases) {
      // Boost's spelling of a name that has only the one-letter form is ",o".
      const std::string name = alias.size() == 1 ? "," + alias : alias;
      description.add_options()(name.c_str(), po::value<std::string>());
    }
  }
  return description;
}

std::string_view without_dashes(std::string_view token) {
  const std::size_t first = token.find_first_not_of('-');
  return first == std::string_view::npos ? std::string_view() : token.substr(first);
}

Error unknown_option(const OptionTable& table, const std::string& token) {
  const std::string typed = token.substr(0, token.find('='));
  return Error(Fault::usage, "unknown option " + typed + "; did you mean " + table.nearest_flag(without_dashes(typed)) +
                                 "? `" + table.program() + " --help` lists all");
}

// Gives each flag that may stand alone its value and turns `--sweep NAME=VALUES` into `--NAME=VALUES`; what remains has
// one value per flag, which Boost splits without knowing types.
class Spelling {
 public:
  Spelling(const OptionTable& table, const std::vector<std::string>& arguments, std::string_view axis_flag)
      : table_(table), arguments_(arguments), axis_flag_(axis_flag) {}

  std::vector<std::string> written_out() {
    while (next_ < arguments_.size()) {
      const std::string& token = arguments_[next_];
      if (token == "--") break;
      ++next_;
      if (token.size() > 1 && token.front() == '-') {
        tokens_.push_back(flag_written_out(token));
      } else {
        tokens_.push_back(token);
      }
    }
    tokens_.insert(tokens_.end(), arguments_.begin() + static_cast<std::ptrdiff_t>(next_), arguments_.end());
    return std::move(tokens_);
  }

 private:
  std::string flag_written_out(const std::string& token) {
    if (!axis_flag_.empty() && token == axis_flag_) {
      require(next_ < arguments_.size(), Fault::usage, token + ": NAME=VALUES must follow, e.g. " + token + " a.b=1,2");
      return axis_assignment(arguments_[next_++]);
    }
    if (!axis_flag_.empty() && token.rfind(axis_flag_ + "=", 0) == 0)
      return axis_assignment(token.substr(axis_flag_.size() + 1));
    const Option* option = find(token);
    if (option == nullptr || !option->bare_value()) return token;
    const bool has_value =
        next_ < arguments_.size() && arguments_[next_].rfind('-', 0) != 0 && accepts_each(*option, arguments_[next_]);
    const std::string& value = has_value ? arguments_[next_++] : *option->bare_value();
    return (token[1] == '-' ? token : option->flag()) + "=" + value;
  }

  /// A sweep's values as well: who takes none of them says so.
  static bool accepts_each(const Option& option, const std::string& text) {
    const std::vector<std::string> values = is_axis(text) ? split_axis(text) : std::vector{text};
    return std::all_of(values.begin(), values.end(), [&](const std::string& value) { return option.accepts(value); });
  }

  std::string axis_assignment(const std::string& text) const {
    const std::size_t equals = text.find('=');
    require(equals != std::string::npos && equals > 0, Fault::usage,
            axis_flag_ + " " + text + ": expected NAME=VALUES, e.g. " + axis_flag_ + " a.b=1,2");
    const Option* option = table_.find_flag(text.substr(0, equals));
    if (option == nullptr) throw unknown_option(table_, "--" + text);
    return option->flag() + text.substr(equals);
  }

  const Option* find(const std::string& token) const {
    const bool is_short = token.size() == 2;
    const bool is_long = token.size() > 3 && token[1] == '-';
    return is_short || is_long ? table_.find_flag(token.substr(is_long ? 2 : 1)) : nullptr;
  }

  const OptionTable& table_;
  const std::vector<std::string>& arguments_;
  const std::string axis_flag_;
  std::size_t next_ = 0;
  std::vector<std::string> tokens_;
};

po::parsed_options split(const OptionTable& table, const std::vector<std::string>& tokens) {
  const po::options_description description = describe(table);
  try {
    po::parsed_options parsed =
        po::command_line_parser(tokens).options(description).style(kStyle).allow_unregistered().run();
    parsed.description = nullptr;  // it dies with this function
    return parsed;
  } catch (const po::error_with_option_name& error) {
    throw Error(Fault::usage,
                error.get_option_name() + ": no value follows; write " + error.get_option_name() + " VALUE");
  } catch (const po::error& error) {
    throw Error(Fault::usage, std::string("command line: ") + error.what());
  }
}

bool asks_for_help(const OptionTable& table, const std::vector<std::string>& arguments) {
  const auto end_of_flags = std::find(arguments.begin(), arguments.end(), "--");
  return std::any_of(arguments.begin(), end_of_flags, [&](const std::string& token) {
    return (token == "--help" || token == "-h") && table.find_flag(without_dashes(token)) == nullptr;
  });
}

// Boost takes whatever follows as the value, even the next flag.
bool is_flag_taken_as_value(const OptionTable& table, const po::option& parsed) {
  if (parsed.original_tokens.size() < 2) return false;
  const std::string& value = parsed.original_tokens[1];
  if (value.rfind("--", 0) == 0) return true;
  return value.size() == 2 && value.front() == '-' && table.find_flag(value.substr(1)) != nullptr;
}

// The flag as typed, without the value.
std::string typed_flag(const po::option& parsed) {
  const std::string& token = parsed.original_tokens.front();
  if (token.rfind("--", 0) == 0) return token.substr(0, token.find('='));
  return token.substr(0, 2);
}

}  // namespace

CommandLine parse_command_line(const OptionTable& table, const std::vector<std::string>& arguments,
                               std::string_view axis_flag) {
  if (asks_for_help(table, arguments)) throw HelpRequest{help_flags(table), !table.sections().empty()};
  CommandLine line;
  std::map<const Option*, std::string> first_flags;
  for (const po::option& parsed : split(table, Spelling(table, arguments, axis_flag).written_out()).options) {
    if (parsed.position_key >= 0 || parsed.string_key.empty()) {
      line.positionals.insert(line.positionals.end(), parsed.value.begin(), parsed.value.end());
      continue;
    }
    if (parsed.unregistered) throw unknown_option(table, parsed.original_tokens.front());
    const Option* option = table.find_flag(without_dashes(parsed.string_key));
    require_invariant(option != nullptr && parsed.value.size() == 1,
                      "every flag known to Boost is a row with one value");
    const std::string flag = typed_flag(parsed);
    require(!is_flag_taken_as_value(table, parsed), Fault::usage,
            flag + ": no value follows; write " + flag + "=VALUE if '" + parsed.value.front() + "' is the value");
    const auto [first, is_new] = first_flags.try_emplace(option, flag);
    require(is_new, Fault::usage,
            flag + ": " + option->name() + " is given twice" +
                (first->second == flag ? std::string() : " (also as " + first->second + ")") + "; keep one of them");
    line.assignments.push_back({option, parsed.value.front(), flag});
  }
  return line;
}

}  // namespace hpctrain::config
