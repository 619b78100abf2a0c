#include "tools/chart_axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text_format.hpp"

namespace hpctrain::tools {
namespace {

constexpr int kWantedTicks = 5;

std::vector<double> plan_powers(double least, double most) {
  std::vector<double> ticks;
  const auto first = static_cast<int>(std::floor(std::log10(least) + 1e-9));
  const auto last = static_cast<int>(std::ceil(std::log10(most) - 1e-9));
  const int stride = std::max(1, (last - first) / kWantedTicks);
  for (int exponent = first; exponent <= last; exponent += stride) ticks.push_back(std::pow(10.0, exponent));
  return ticks;
}

std::string format_plain(double value) {
  const double size = std::abs(value);
  if (size >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:.3g}k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

}  // namespace

std::string format_tick(double value, ValueFormat format) {
  switch (format) {
    case ValueFormat::percent:
      return fmt::format("{:.4g} %", 100 * value);
    case ValueFormat::bytes:
      return format_bytes(static_cast<std::uint64_t>(std::max(0.0, value)));
    case ValueFormat::millimetres:
      return fmt::format("{:.4g} mm", value);
    case ValueFormat::plain:
      return format_plain(value);
  }
  return format_plain(value);
}

double round_step(double span, int wanted) {
  const double rough = span / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * 0.999) return factor * power;
  }
  return 10 * power;
}

double binary_step(double span, int wanted) {
  return std::exp2(std::ceil(std::log2(span / wanted)));
}

ChartAxis::ChartAxis(double least, double most, AxisScale scale, double from, double to)
    : is_logarithmic_(scale == AxisScale::logarithmic && least > 0 && most > least),
      least_(least),
      most_(most),
      from_(from),
      to_(to) {
  if (is_logarithmic_) {
    ticks_ = plan_powers(least, most);
    std::erase_if(ticks_, [&](double tick) { return tick < least * 0.999 || tick > most * 1.001; });
    return;
  }
  if (!(most_ > least_)) {
    const double room = least_ == 0 ? 1 : std::abs(least_) * 0.1;
    least_ -= least_ == 0 ? 0 : room;
    most_ += room;
  }
  const double span = most_ - least_;
  const double step = scale == AxisScale::binary ? binary_step(span, kWantedTicks) : round_step(span, kWantedTicks);
  const auto first = static_cast<long long>(std::floor(least_ / step + 1e-9));
  const auto last = static_cast<long long>(std::ceil(most_ / step - 1e-9));
  for (long long i = first; i <= last; ++i) ticks_.push_back(static_cast<double>(i) * step);
  if (scale == AxisScale::exact) {
    std::erase_if(ticks_, [&](double tick) { return tick < least_ || tick > most_; });
    return;
  }
  least_ = ticks_.front();
  most_ = ticks_.back();
}

double ChartAxis::scaled(double value) const {
  return is_logarithmic_ ? std::log10(value) : value;
}

double ChartAxis::place(double value) const {
  return from_ + (to_ - from_) * (scaled(value) - scaled(least_)) / (scaled(most_) - scaled(least_));
}

}  // namespace hpctrain::tools
