#include "train/failure_text.hpp"

#include <c10/util/Exception.h>

#include <new>
#include <string>

namespace hpctrain::train {
namespace {

std::string text_of(const std::exception& failure) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&failure);
  const std::string text = of_torch != nullptr ? of_torch->what_without_backtrace() : failure.what();
  return text.substr(0, text.find('\n'));
}

/// Torch has a type of its own for GPUs only; on the host its allocator says so.
bool is_lack_of_memory(const std::exception& failure, const std::string& text) {
  return dynamic_cast<const std::bad_alloc*>(&failure) != nullptr ||
         dynamic_cast<const c10::OutOfMemoryError*>(&failure) != nullptr ||
         text.find("can't allocate memory") != std::string::npos || text.find("not enough memory") != std::string::npos;
}

}  // namespace

Error name_failure(const std::exception& failure) {
  if (const auto* own = dynamic_cast<const Error*>(&failure)) return *own;
  const std::string text = text_of(failure);
  if (!is_lack_of_memory(failure, text)) return {Fault::bug, text};
  return {Fault::device, "out of memory (" + text +
                             "); give a smaller train.micro-batch, which changes how a batch is carried out and not "
                             "the batch, a smaller model, or more ranks"};
}

}  // namespace hpctrain::train
