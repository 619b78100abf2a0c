// All options of a program, in the order in which help and run.ini show them. Finds rows by any of their names.
// Must not know where values come from (resolve.hpp) nor what any option means.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "config/option.hpp"

namespace hpctrain::config {

class OptionTable {
 public:
  /// `program` is named in messages: "`hpctrain --help` lists all".
  explicit OptionTable(std::string program) : program_(std::move(program)) {}

  /// Opens a section: its title heads the help of all rows of that section.
  ///   errors  Fault::bug when the section exists
  void add_section(std::string_view section, std::string_view title);

  /// Appends a row. Its section must exist (rows of the command line alone have none).
  ///   errors  Fault::bug for a name or alias already taken, a malformed key, a default that its own row refuses, a row
  ///   without help
  void add(Option row);
  template <class Member>
  void add(OptionBuilder<Member>&& row) {
    add(std::move(row).build());
  }

  const std::string& program() const noexcept { return program_; }
  const std::deque<Option>& rows() const noexcept { return rows_; }

  struct Section {
    std::string name;
    std::string title;
  };
  const std::vector<Section>& sections() const noexcept { return sections_; }
  bool has_section(std::string_view section) const noexcept;

  /// By `section.key` (or key of a row of the command line alone); null when unknown.
  const Option* find(std::string_view name) const noexcept;
  /// By name or alias, without dashes; null when unknown.
  const Option* find_flag(std::string_view name_or_alias) const noexcept;
  /// By full variable name; null when unknown.
  const Option* find_environment(std::string_view variable) const noexcept;
  /// As find(), for names written in the program itself.
  ///   errors  Fault::bug when unknown
  const Option& at(std::string_view name) const;

  /// The flag (`--optim.lr`) whose name, alias or key is nearest to `text`; empty for an empty table.
  std::string nearest_flag(std::string_view text) const;

 private:
  void require_sound(const Option& row) const;

  std::string program_;
  std::vector<Section> sections_;
  std::deque<Option> rows_;  // deque: rows keep their address
};

}  // namespace hpctrain::config
