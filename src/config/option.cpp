// What a row derives from its names, and the one wording of a refused value. Must not know where values come from.
#include "config/option.hpp"

#include <cctype>

namespace hpctrain::config {

Option::Option(OptionFacts facts, std::unique_ptr<ValueBinding> value)
    : facts_(std::move(facts)), value_(std::move(value)), default_text_(value_->read()) {}

std::string Option::name() const {
  return is_flag_only() ? facts_.key : facts_.section + "." + facts_.key;
}

std::string Option::environment_name() const {
  if (is_flag_only()) return {};
  std::string variable = "HPCTRAIN_" + facts_.section + "_" + facts_.key;
  for (char& c : variable) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

std::vector<std::string> Option::alias_flags() const {
  std::vector<std::string> flags;
  for (const std::string& alias : facts_.aliases) flags.push_back((alias.size() == 1 ? "-" : "--") + alias);
  return flags;
}

bool Option::accepts(std::string_view text) const {
  return std::holds_alternative<std::string>(value_->canonical(text));
}

void Option::assign(std::string_view text, std::string_view origin) const {
  if (const auto complaint = value_->write(text)) throw refusal(text, origin, *complaint);
}

std::string Option::canonical(std::string_view text, std::string_view origin) const {
  const Parsed<std::string> parsed = value_->canonical(text);
  if (const auto* complaint = std::get_if<Complaint>(&parsed)) throw refusal(text, origin, *complaint);
  return std::get<std::string>(parsed);
}

Error Option::refusal(std::string_view text, std::string_view origin, const Complaint& complaint) const {
  std::string message = std::string(origin) + ": '" + std::string(text) + "' " + complaint.text + "; " + name() +
                        " takes " + expectation();
  if (!facts_.unit.empty()) message += " (" + facts_.unit + ")";
  return Error(Fault::usage, message);
}

}  // namespace hpctrain::config
