#pragma once

// A StringMatch made ready: a regular expression is compiled once, and whether it is one is known then.

#include <memory>
#include <string>
#include <string_view>

#include "mesh/resource/string_match.h"

namespace re2 {
class RE2;
}

namespace meshtwin {

// RE2's syntax. Null, with the reason in `problem`, when it is none.
std::shared_ptr<const re2::RE2> compile_regex(const std::string& pattern, std::string& problem);
bool matches_whole(const re2::RE2& regex, std::string_view text);
// Every match replaced; \0 to \9 in `replacement` stand for what the groups matched.
std::string replace_all(const re2::RE2& regex, std::string_view text, const std::string& replacement);
// What is wrong with `replacement`; empty: nothing.
std::string mistake_in_replacement(const re2::RE2& regex, const std::string& replacement);

bool equal_ignoring_case(std::string_view a, std::string_view b);

class TextMatcher {
 public:
  TextMatcher(const StringMatch& match, std::string& problem);  // `problem` as above

  bool matches(std::string_view text) const;

 private:
  StringMatch match_;
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace meshtwin
