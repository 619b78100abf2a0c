// Owns the rows and proves each sound when it is added. Must not know where values come from.
#include "config/option_table.hpp"

#include <algorithm>
#include <limits>

#include "config/axis.hpp"
#include "config/name_distance.hpp"

namespace hpctrain::config {
namespace {

bool is_well_formed(std::string_view word) {
  const bool starts_with_letter = !word.empty() && word.front() >= 'a' && word.front() <= 'z';
  return starts_with_letter &&
         word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

void require_row(bool holds, const Option& row, const std::string& what) {
  require(holds, Fault::bug, "option table: row " + row.name() + " " + what);
}

}  // namespace

void OptionTable::add_section(std::string_view section, std::string_view title) {
  const std::string name(section);
  require(is_well_formed(section), Fault::bug, "option table: malformed section name '" + name + "'");
  require(!has_section(section), Fault::bug, "option table: section " + name + " is added twice");
  sections_.push_back({name, std::string(title)});
}

void OptionTable::add(Option row) {
  require_sound(row);
  rows_.push_back(std::move(row));
}

void OptionTable::require_sound(const Option& row) const {
  require_row(is_well_formed(row.key()), row, "has a malformed key");
  require_row(row.is_flag_only() || has_section(row.section()), row, "stands in a section that was not added");
  require_row(!row.facts().help.empty(), row, "has no help text");
  require_row(find_flag(row.name()) == nullptr, row, "is there already");
  require_row(row.is_flag_only() || find_environment(row.environment_name()) == nullptr, row,
              "has the environment variable of another row");
  for (const std::string& alias : row.facts().aliases) {
    require_row(is_well_formed(alias), row, "has the malformed alias " + alias);
    require_row(find_flag(alias) == nullptr && alias != row.name(), row, "has the alias of another row: " + alias);
  }
  require_row(row.accepts(row.default_text()), row, "refuses its own default '" + row.default_text() + "'");
  require_row(row.is_flag_only() || !is_axis(row.default_text()), row, "has a comma in its default");
  require_row(!row.bare_value() || row.accepts(*row.bare_value()), row, "refuses its own bare value");
}

bool OptionTable::has_section(std::string_view section) const noexcept {
  return std::any_of(sections_.begin(), sections_.end(), [&](const Section& s) { return s.name == section; });
}

const Option* OptionTable::find(std::string_view name) const noexcept {
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Option& r) { return r.name() == name; });
  return row == rows_.end() ? nullptr : &*row;
}

const Option* OptionTable::find_flag(std::string_view name_or_alias) const noexcept {
  for (const Option& row : rows_) {
    const auto& aliases = row.facts().aliases;
    const bool is_alias = std::find(aliases.begin(), aliases.end(), name_or_alias) != aliases.end();
    if (is_alias || row.name() == name_or_alias) return &row;
  }
  return nullptr;
}

const Option* OptionTable::find_environment(std::string_view variable) const noexcept {
  for (const Option& row : rows_) {
    if (!row.is_flag_only() && row.environment_name() == variable) return &row;
  }
  return nullptr;
}

const Option& OptionTable::at(std::string_view name) const {
  const Option* row = find(name);
  require(row != nullptr, Fault::bug, "option table: no row " + std::string(name));
  return *row;
}

std::string OptionTable::nearest_flag(std::string_view text) const {
  std::string nearest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  const auto consider = [&](std::size_t distance, const std::string& flag) {
    if (distance >= least) return;
    least = distance;
    nearest = flag;
  };
  for (const Option& row : rows_) {
    consider(2 * name_distance(text, row.name()), row.flag());
    for (std::size_t i = 0; i < row.facts().aliases.size(); ++i)
      consider(2 * name_distance(text, row.facts().aliases[i]), row.alias_flags()[i]);
    // A bare key is a weaker hint than a full name at the same distance.
    consider(2 * name_distance(text, row.key()) + 1, row.flag());
  }
  return nearest;
}

}  // namespace hpctrain::config
