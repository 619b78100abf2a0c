// Numbers as people read them. For messages and tables only: files keep plain numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace hpctrain {

/// "512 B", "1.2 GiB".
std::string format_bytes(std::uint64_t bytes);

/// "850 ms", "12.3 s", "4 min 05 s", "1 h 02 min", "3 d 04 h"; "unknown" for what is negative or not finite.
std::string format_duration(double seconds);

/// "1,234,567".
std::string format_count(std::uint64_t count);

/// "3.4 %" of a fraction; "unknown" for what is not finite.
std::string format_share(double fraction);

/// A rate without needless digits: "5,312", "41.7", "0.52"; "unknown" for what is negative or not finite.
std::string format_rate(double per_second);

/// The first `columns` characters of UTF-8 text.
std::string truncate_text(std::string text, std::size_t columns);

}  // namespace hpctrain
