// Ties one member of a settings struct to text: parse, check, write, read back. The template is the only place that
// knows the member's type; everything above it sees ValueBinding. Must not know names, sections or sources.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/value_text.hpp"
#include "core/error.hpp"

namespace hpctrain::config {

/// The text that un-sets a std::optional member, and the text of one that is not set.
inline constexpr std::string_view kNotSet = "none";

/// One settings member seen as text.
class ValueBinding {
 public:
  virtual ~ValueBinding() = default;

  /// Text of the member's present value. Writing it back gives the same value, bit for bit.
  virtual std::string read() const = 0;
  /// Changes the member, or says why not and leaves it alone.
  virtual std::optional<Complaint> write(std::string_view text) = 0;
  /// What read() would return after write(text); the member stays as it is.
  virtual Parsed<std::string> canonical(std::string_view text) const = 0;
  /// What is allowed, to stand after "takes": `a number above 0`, `one of cosine, step`.
  virtual std::string expectation() const = 0;
  /// Names a value in help texts: `NUMBER`.
  virtual std::string placeholder() const = 0;
  virtual std::vector<std::string> choices() const = 0;
  virtual bool is_yes_no() const noexcept = 0;
};

/// What a row demands of a single value beyond its type.
template <class Element>
struct ValueRules {
  std::optional<Element> lower;
  std::optional<Element> upper;
  bool lower_is_open = false;
  bool upper_is_open = false;
  std::vector<std::pair<std::string, Element>> named;
  /// Beside the named ones: what further values look like, and whether one does.
  std::string pattern;
  std::function<bool(const Element&)> is_of_pattern;
  /// Returns a complaint (`needs a closing parenthesis`) or nothing.
  std::function<std::optional<std::string>(const Element&)> check;
};

/// `is not one of a, b; did you mean b?`
Complaint unknown_choice(std::string_view text, const std::vector<std::string>& choices);
/// `from 0, below 1`; empty for no bounds.
std::string range_text(const std::optional<std::string>& lower, bool lower_is_open,
                       const std::optional<std::string>& upper, bool upper_is_open);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

template <class Member>
struct MemberShape {
  using Element = Member;
  static constexpr bool kIsOptional = false;
  static constexpr bool kIsList = false;
};
template <class Value>
struct MemberShape<std::optional<Value>> {
  using Element = Value;
  static constexpr bool kIsOptional = true;
  static constexpr bool kIsList = false;
};
template <class Value>
struct MemberShape<std::vector<Value>> {
  using Element = Value;
  static constexpr bool kIsOptional = false;
  static constexpr bool kIsList = true;
};

/// Holds a reference: the settings struct must outlive the binding and stay where it is.
template <class Member>
class MemberBinding final : public ValueBinding {
 public:
  using Shape = MemberShape<Member>;
  using Element = typename Shape::Element;

  explicit MemberBinding(Member& member) : member_(member) {}

  ValueRules<Element>& rules() noexcept { return rules_; }

  std::string read() const override { return format(member_); }

  std::optional<Complaint> write(std::string_view text) override {
    Parsed<Member> parsed = parse(text);
    if (auto* complaint = std::get_if<Complaint>(&parsed)) return std::move(*complaint);
    member_ = std::get<Member>(std::move(parsed));
    return std::nullopt;
  }

  Parsed<std::string> canonical(std::string_view text) const override {
    const Parsed<Member> parsed = parse(text);
    if (const auto* complaint = std::get_if<Complaint>(&parsed)) return *complaint;
    return format(std::get<Member>(parsed));
  }

  std::string expectation() const override {
    std::string text = element_expectation();
    if constexpr (Shape::kIsList) text = "a list separated by spaces, each " + text;
    if constexpr (Shape::kIsOptional) text += ", or " + std::string(kNotSet);
    return text;
  }

  std::string placeholder() const override {
    std::string text = "CHOICE";
    if constexpr (!std::is_enum_v<Element>) {
      if (rules_.named.empty()) text = ValueCodec<Element>::kPlaceholder;
    }
    return Shape::kIsList ? "'" + text + " …'" : text;
  }

  std::vector<std::string> choices() const override {
    std::vector<std::string> names;
    for (const auto& [name, value] : rules_.named) names.push_back(name);
    return names;
  }

  bool is_yes_no() const noexcept override { return std::is_same_v<Member, bool>; }

 private:
  Parsed<Member> parse(std::string_view text) const;
  Parsed<Element> parse_element(std::string_view text) const;
  bool looks_like_pattern(std::string_view text) const;
  std::optional<Complaint> range_complaint(const Element& value) const;
  std::string format(const Member& member) const;
  std::string format_element(const Element& element) const;
  std::string element_expectation() const;
  std::string bounds_text() const;

  Member& member_;
  ValueRules<Element> rules_;
};

template <class Member>
Parsed<Member> MemberBinding<Member>::parse(std::string_view text) const {
  if constexpr (Shape::kIsOptional) {
    if (trim(text) == kNotSet) return Member{};
  }
  if constexpr (Shape::kIsList) {
    Member list;
    for (const std::string_view piece : split_outside_parentheses(text, " \t")) {
      if (piece.empty()) continue;
      Parsed<Element> element = parse_element(piece);
      if (auto* complaint = std::get_if<Complaint>(&element))
        return Complaint{"holds '" + std::string(piece) + "', which " + complaint->text};
      list.push_back(std::get<Element>(std::move(element)));
    }
    return list;
  } else {
    Parsed<Element> element = parse_element(text);
    if (auto* complaint = std::get_if<Complaint>(&element)) return std::move(*complaint);
    return Member{std::get<Element>(std::move(element))};
  }
}

template <class Member>
Parsed<typename MemberBinding<Member>::Element> MemberBinding<Member>::parse_element(std::string_view text) const {
  if (!rules_.named.empty()) {
    for (const auto& [name, value] : rules_.named) {
      if (name == trim(text)) return value;
    }
    if (!looks_like_pattern(text)) return unknown_choice(trim(text), choices());
  }
  if constexpr (std::is_enum_v<Element>) {
    return Complaint{"belongs to a row without choices"};
  } else {
    Parsed<Element> parsed = ValueCodec<Element>::parse(text);
    const auto* value = std::get_if<Element>(&parsed);
    if (value == nullptr) return parsed;
    if (auto complaint = range_complaint(*value)) return std::move(*complaint);
    if (rules_.check) {
      if (auto complaint = rules_.check(*value)) return Complaint{std::move(*complaint)};
    }
    return parsed;
  }
}

template <class Member>
bool MemberBinding<Member>::looks_like_pattern(std::string_view text) const {
  if constexpr (std::is_enum_v<Element>) {
    return false;
  } else {
    const Parsed<Element> parsed = ValueCodec<Element>::parse(text);
    const auto* value = std::get_if<Element>(&parsed);
    return rules_.is_of_pattern && value != nullptr && rules_.is_of_pattern(*value);
  }
}

template <class Member>
std::optional<Complaint> MemberBinding<Member>::range_complaint(const Element& value) const {
  const bool is_low = rules_.lower && (value < *rules_.lower || (rules_.lower_is_open && value == *rules_.lower));
  const bool is_high = rules_.upper && (*rules_.upper < value || (rules_.upper_is_open && value == *rules_.upper));
  if (is_low || is_high) return Complaint{"is out of range"};
  return std::nullopt;
}

template <class Member>
std::string MemberBinding<Member>::format(const Member& member) const {
  if constexpr (Shape::kIsOptional) {
    return member ? format_element(*member) : std::string(kNotSet);
  } else if constexpr (Shape::kIsList) {
    std::vector<std::string> texts;
    for (const Element& element : member) texts.push_back(format_element(element));
    return join(texts, " ");
  } else {
    return format_element(member);
  }
}

template <class Member>
std::string MemberBinding<Member>::format_element(const Element& element) const {
  for (const auto& [name, value] : rules_.named) {
    if (value == element) return name;
  }
  if constexpr (std::is_enum_v<Element>) {
    throw Error(Fault::bug, "an option holds an enumerator that its row does not name; add it to the row's choices");
  } else {
    return ValueCodec<Element>::format(element);
  }
}

template <class Member>
std::string MemberBinding<Member>::element_expectation() const {
  if (!rules_.named.empty()) {
    return "one of " + join(choices(), ", ") + (rules_.pattern.empty() ? "" : ", or " + rules_.pattern);
  }
  if constexpr (std::is_enum_v<Element>) {
    return "nothing";
  } else {
    const std::string bounds = bounds_text();
    return bounds.empty() ? ValueCodec<Element>::kNoun : ValueCodec<Element>::kNoun + (" " + bounds);
  }
}

template <class Member>
std::string MemberBinding<Member>::bounds_text() const {
  if constexpr (std::is_arithmetic_v<Element> && !std::is_same_v<Element, bool>) {
    std::optional<std::string> lower;
    std::optional<std::string> upper;
    if (rules_.lower) lower = format_element(*rules_.lower);
    if (!rules_.lower && std::is_unsigned_v<Element>) lower = "0";
    if (rules_.upper) upper = format_element(*rules_.upper);
    return range_text(lower, rules_.lower_is_open, upper, rules_.upper_is_open);
  } else {
    return {};
  }
}

}  // namespace hpctrain::config
