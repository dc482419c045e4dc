#pragma once

// How a text is matched, in Istio's documents and in the configuration of proxies.

#include <string>

namespace meshtwin {

struct StringMatch {
  enum class Kind : unsigned char { present, exact, prefix, suffix, contains, regex };  // regex: RE2, of the whole text

  Kind kind = Kind::present;
  std::string text;
  bool ignore_case = false;  // not of a regex

  bool operator==(const StringMatch&) const = default;
};

}  // namespace meshtwin
