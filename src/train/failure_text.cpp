#include "train/failure_text.hpp"

#include <c10/util/Exception.h>

#include <string>

#include "device/tensor_memory.hpp"

namespace hpctrain::train {

void name_failures(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& failure) {
    throw name_failure(failure);
  }
}

bool lacks_tensor_memory(const std::exception& failure) {
  return dynamic_cast<const Error*>(&failure) == nullptr && device::is_lack_of_memory(failure);
}

std::string first_line_of(const std::exception& failure) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&failure);
  const std::string text = of_torch != nullptr ? of_torch->what_without_backtrace() : failure.what();
  return text.substr(0, text.find('\n'));
}

Error name_failure(const std::exception& failure) {
  if (const auto* own = dynamic_cast<const Error*>(&failure)) return *own;
  const std::string text = first_line_of(failure);
  if (!device::is_lack_of_memory(failure)) return {Fault::bug, text};
  return {Fault::device, "out of memory (" + text +
                             "); give a smaller train.micro-batch, which changes how a batch is carried out and not "
                             "the batch, a smaller model, or more ranks"};
}

}  // namespace hpctrain::train
