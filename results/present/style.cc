#include "results/present/style.h"

namespace meshtwin {

std::string painted(std::string_view text, Paint paint, const Style& style) {
  if (!style.colour || paint == Paint::plain) return std::string(text);
  const std::string_view code = [paint] {
    switch (paint) {
      case Paint::bold:
        return "1";
      case Paint::dim:
        return "2";
      case Paint::good:
        return "32";
      default:
        return "1;31";
    }
  }();
  return "\x1b[" + std::string(code) + 'm' + std::string(text) + "\x1b[0m";
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return columns;
}

std::string_view dash(const Style& style) {
  return style.unicode ? "–" : "-";
}

std::string_view dot(const Style& style) {
  return style.unicode ? "·" : "-";
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace meshtwin
