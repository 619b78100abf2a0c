// The last words of the child that reads files nobody vouches for: when a signal ends it, they name the file at work.
// One thread only.
#pragma once

#include <string>
#include <string_view>

namespace hpctrain::data {

/// The last line on stderr begins so, and the file follows.
inline constexpr std::string_view kLastWords = "while reading ";

/// From now on a signal that ends this process makes it say them; it still ends by that signal.
void promise_last_words();

/// `path` is what is read from now on. Does nothing in a process that promised nothing.
void note_file_at_work(const std::string& path) noexcept;

}  // namespace hpctrain::data
