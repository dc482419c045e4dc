#pragma once

// How results are printed: how wide, with which characters, with or without colour. Colour only underlines what the
// text says already.

#include <cstddef>
#include <string>
#include <string_view>

namespace meshtwin {

struct Style {
  std::size_t width = 100;
  bool unicode = true;  // false: plain ASCII
  bool colour = false;
};

enum class Paint { plain, bold, dim, good, bad };

std::string painted(std::string_view text, Paint paint, const Style& style);

// Columns a text takes on a terminal: its UTF-8 characters.
std::size_t columns_of(std::string_view text);

// In the style's characters.
std::string_view dash(const Style& style);  // between the ends of a range
std::string_view dot(const Style& style);   // between parts of a line
std::string repeated(std::string_view text, std::size_t times);

}  // namespace meshtwin
