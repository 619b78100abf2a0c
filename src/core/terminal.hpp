// What the process may assume about the terminal behind a file descriptor. Must not know what is printed there.
#pragma once

#include <string_view>

namespace hpctrain {

bool is_terminal(int descriptor) noexcept;

/// Whether colours may be written: a terminal, NO_COLOR unset or empty (no-color.org), TERM not "dumb".
bool may_use_colour(int descriptor) noexcept;

/// Whether lines that were written can be written over: a terminal, TERM not "dumb".
bool may_move_cursor(int descriptor) noexcept;

/// Columns of the terminal; `fallback` where it does not tell.
int terminal_columns(int descriptor, int fallback = 80) noexcept;

/// Rows of the terminal; `fallback` where it does not tell.
int terminal_rows(int descriptor, int fallback = 24) noexcept;

/// Writes for a person who may or may not look: a closed stderr is no reason to stop.
void write_to_stderr(std::string_view text) noexcept;

}  // namespace hpctrain
