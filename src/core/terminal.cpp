// Asks the system and the environment about a terminal.
#include "core/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "core/digest.hpp"
#include "core/owned_descriptor.hpp"

namespace hpctrain {
namespace {

std::string_view environment_value(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

bool is_terminal(int descriptor) noexcept {
  return ::isatty(descriptor) == 1;
}

bool may_use_colour(int descriptor) noexcept {
  return may_move_cursor(descriptor) && environment_value("NO_COLOR").empty();
}

bool may_move_cursor(int descriptor) noexcept {
  return is_terminal(descriptor) && environment_value("TERM") != "dumb";
}

int terminal_columns(int descriptor, int fallback) noexcept {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return fallback;
  return size.ws_col;
}

int terminal_rows(int descriptor, int fallback) noexcept {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return fallback;
  return size.ws_row;
}

void write_to_stderr(std::string_view text) noexcept {
  static_cast<void>(write_fully(STDERR_FILENO, bytes_of(text)));
}

}  // namespace hpctrain
