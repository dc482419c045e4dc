#pragma once

// Where a text stops being UTF-8 that YAML allows.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace meshtwin {

struct TextFault {
  std::size_t offset = 0;
  std::string what;  // `the byte 0xff, which is not UTF-8`
};

std::optional<TextFault> find_text_fault(std::string_view text);

// Line and column (both from 1, columns in characters) of an offset.
struct LineColumn {
  int line = 1;
  int column = 1;
};
LineColumn line_column(std::string_view text, std::size_t offset);

}  // namespace meshtwin
