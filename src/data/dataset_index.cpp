// Look-ups in a data set's index; the element types' sizes and names.
#include "data/dataset_index.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace hpctrain::data {
namespace {

struct ElementTraits {
  ElementType type;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<ElementTraits, 11> kElements{{{ElementType::u8, "u8", 1},
                                                   {ElementType::i8, "i8", 1},
                                                   {ElementType::u16, "u16", 2},
                                                   {ElementType::i16, "i16", 2},
                                                   {ElementType::u32, "u32", 4},
                                                   {ElementType::i32, "i32", 4},
                                                   {ElementType::u64, "u64", 8},
                                                   {ElementType::i64, "i64", 8},
                                                   {ElementType::f16, "f16", 2},
                                                   {ElementType::f32, "f32", 4},
                                                   {ElementType::f64, "f64", 8}}};

template <class Range>
std::string joined_names(const Range& range) {
  std::string text;
  for (const auto& item : range) text += (text.empty() ? "" : ", ") + item.name;
  return text.empty() ? "none" : text;
}

}  // namespace

std::size_t element_bytes(ElementType type) noexcept {
  return kElements[static_cast<std::size_t>(type)].bytes;
}
std::string_view element_name(ElementType type) noexcept {
  return kElements[static_cast<std::size_t>(type)].name;
}

std::optional<ElementType> element_from_name(std::string_view name) noexcept {
  for (const ElementTraits& element : kElements) {
    if (element.name == name) return element.type;
  }
  return std::nullopt;
}

std::size_t DatasetIndex::field_position(std::string_view name) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  throw Error(Fault::data,
              fmt::format("{}: no field \"{}\"; its fields are {}", folder.string(), name, joined_names(fields)));
}

const Split& DatasetIndex::split(std::string_view name) const {
  for (const Split& candidate : splits) {
    if (candidate.name == name) return candidate;
  }
  throw Error(Fault::data,
              fmt::format("{}: no split \"{}\"; its splits are {}", folder.string(), name, joined_names(splits)));
}

bool DatasetIndex::has_split(std::string_view name) const noexcept {
  for (const Split& candidate : splits) {
    if (candidate.name == name) return true;
  }
  return false;
}

std::string DatasetIndex::uuid_text() const {
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", uuid[i]);
  }
  return text;
}

void require_same_dataset(const DatasetIndex& given, const std::string& trained_on_uuid) {
  require(given.uuid_text() == trained_on_uuid, Fault::usage,
          fmt::format("data.dir {} holds another data set than this run was trained on ({}); give the original one, or "
                      "start a new run with another --out",
                      given.folder.string(), trained_on_uuid.empty() ? "none" : trained_on_uuid));
}

}  // namespace hpctrain::data
