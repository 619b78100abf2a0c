// What the process may assume about the terminal behind a file descriptor. Must not know what is printed there.
#pragma once

namespace hpctrain {

bool is_terminal(int descriptor) noexcept;

/// Whether colours may be written: a terminal, NO_COLOR unset or empty (no-color.org), TERM not "dumb".
bool may_use_colour(int descriptor) noexcept;

/// Columns of the terminal; `fallback` where it does not tell.
int terminal_columns(int descriptor, int fallback = 80) noexcept;

}  // namespace hpctrain
