// One row of the option table: a settings member with the names, checks and words that belong to it. From the row
// follow flag, INI key, environment variable, help line, sweep axis and line of run.ini. Must not know any option by
// name.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/value_binding.hpp"

namespace hpctrain::config {

/// The words of a row, filled in by OptionBuilder.
struct OptionFacts {
  std::string section;  ///< empty: a flag of the command line alone (`--json`), no key, no variable, no axis
  std::string key;      ///< lower case with dashes
  std::vector<std::string> aliases;       ///< further flags; one letter gives `-o`, more give `--lr`
  std::string unit;                       ///< shown in help: `seconds`
  std::string help;                       ///< one sentence, no default and no range in it: those are added
  std::optional<std::string> bare_value;  ///< what the flag means when no value follows; `yes` for yes/no rows
  bool is_sweepable = false;              ///< a comma list is a sweep axis
  bool is_identity = false;               ///< must match when a run is resumed
  bool is_common = false;                 ///< may change between starts of a run, but not between trials of a sweep
};

/// A finished row. `const` speaks of the row: assign() changes the settings member it is bound to.
class Option {
 public:
  Option(OptionFacts facts, std::unique_ptr<ValueBinding> value);

  const std::string& section() const noexcept { return facts_.section; }
  const std::string& key() const noexcept { return facts_.key; }
  /// `section.key`, or `key` for a row of the command line alone.
  std::string name() const;
  std::string flag() const { return "--" + name(); }
  /// `HPCTRAIN_SECTION_KEY`; empty for a row of the command line alone.
  std::string environment_name() const;
  /// Aliases as typed: `--lr`, `-o`.
  std::vector<std::string> alias_flags() const;

  const OptionFacts& facts() const noexcept { return facts_; }
  bool is_flag_only() const noexcept { return facts_.section.empty(); }
  bool is_sweepable() const noexcept { return facts_.is_sweepable; }
  bool is_identity() const noexcept { return facts_.is_identity; }
  bool is_common() const noexcept { return facts_.is_common; }

  const std::string& default_text() const noexcept { return default_text_; }
  std::string value_text() const { return value_->read(); }
  std::string expectation() const { return value_->expectation(); }
  std::string placeholder() const { return value_->placeholder(); }
  std::vector<std::string> choices() const { return value_->choices(); }
  const std::optional<std::string>& bare_value() const noexcept { return facts_.bare_value; }
  bool accepts(std::string_view text) const;

  /// Checks and stores one value. `origin` says where the text stands: `--optim.lr`, `run.ini:12`.
  ///   errors  Fault::usage naming origin, text and what the option takes
  void assign(std::string_view text, std::string_view origin) const;
  /// Checks one value without storing it; returns the text under which equal values are equal.
  ///   errors  as assign()
  std::string canonical(std::string_view text, std::string_view origin) const;

 private:
  Error refusal(std::string_view text, std::string_view origin, const Complaint& complaint) const;

  OptionFacts facts_;
  std::unique_ptr<ValueBinding> value_;
  std::string default_text_;
};

/// Builds a row in reading order:
/// `option(settings.optim.lr, "optim", "lr").alias("lr").above(0).sweepable().identity().help("peak learning rate")`.
template <class Member>
class OptionBuilder {
 public:
  using Element = typename MemberShape<Member>::Element;

  OptionBuilder(Member& member, std::string_view section, std::string_view key)
      : value_(std::make_unique<MemberBinding<Member>>(member)) {
    facts_.section = section;
    facts_.key = key;
    if (value_->is_yes_no()) facts_.bare_value = "yes";
  }

  OptionBuilder&& alias(std::string_view name) && { return facts_.aliases.emplace_back(name), std::move(*this); }
  OptionBuilder&& unit(std::string_view unit) && { return facts_.unit = unit, std::move(*this); }
  OptionBuilder&& help(std::string_view help) && { return facts_.help = help, std::move(*this); }
  OptionBuilder&& sweepable() && { return facts_.is_sweepable = true, std::move(*this); }
  OptionBuilder&& identity() && { return facts_.is_identity = true, std::move(*this); }
  /// Results of different values cannot be compared: trials of one sweep share it.
  OptionBuilder&& common() && { return facts_.is_common = true, std::move(*this); }
  /// The flag alone means `text`; a following word is its value only if the row accepts that word.
  OptionBuilder&& bare(std::string_view text) && { return facts_.bare_value = text, std::move(*this); }

  OptionBuilder&& at_least(Element bound) && { return set_lower(bound, false), std::move(*this); }
  OptionBuilder&& above(Element bound) && { return set_lower(bound, true), std::move(*this); }
  OptionBuilder&& at_most(Element bound) && { return set_upper(bound, false), std::move(*this); }
  OptionBuilder&& below(Element bound) && { return set_upper(bound, true), std::move(*this); }
  OptionBuilder&& between(Element lower, Element upper) && {
    return set_lower(lower, false), set_upper(upper, false), std::move(*this);
  }

  /// Names of enumerators (or of any other values).
  OptionBuilder&& choices(std::vector<std::pair<std::string, Element>> named) && {
    return value_->rules().named = std::move(named), std::move(*this);
  }
  /// The only texts allowed, e.g. the names in a registry.
  OptionBuilder&& one_of(const std::vector<std::string>& names) && {
    for (const std::string& name : names) value_->rules().named.emplace_back(name, Element(name));
    return std::move(*this);
  }
  /// Besides the names: values that look like `pattern`, which check() may still refuse.
  OptionBuilder&& or_like(std::string_view pattern, std::function<bool(const Element&)> is_of_pattern) && {
    value_->rules().pattern = pattern;
    value_->rules().is_of_pattern = std::move(is_of_pattern);
    return std::move(*this);
  }
  /// A rule of the owner's own: returns a complaint such as `needs a closing parenthesis`, or nothing.
  OptionBuilder&& check(std::function<std::optional<std::string>(const Element&)> rule) && {
    return value_->rules().check = std::move(rule), std::move(*this);
  }

  /// The default is what the member holds now.
  Option build() && { return Option(std::move(facts_), std::move(value_)); }

 private:
  void set_lower(Element bound, bool is_open) {
    value_->rules().lower = bound;
    value_->rules().lower_is_open = is_open;
  }
  void set_upper(Element bound, bool is_open) {
    value_->rules().upper = bound;
    value_->rules().upper_is_open = is_open;
  }

  OptionFacts facts_;
  std::unique_ptr<MemberBinding<Member>> value_;
};

/// Starts a row. The settings struct must be default-constructed, outlive the table, and never move.
template <class Member>
OptionBuilder<Member> option(Member& member, std::string_view section, std::string_view key) {
  return OptionBuilder<Member>(member, section, key);
}

/// Starts a row that exists on the command line alone: `--json`, `-o`.
template <class Member>
OptionBuilder<Member> flag_only(Member& member, std::string_view key) {
  return OptionBuilder<Member>(member, "", key);
}

}  // namespace hpctrain::config
