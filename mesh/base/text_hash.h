#pragma once

// For a hash table of texts, so that one is looked up without a string being made of it.

#include <cstddef>
#include <functional>
#include <string_view>

namespace meshtwin {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

}  // namespace meshtwin
