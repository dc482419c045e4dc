#include "mesh/traffic/text_matcher.h"

#include <re2/re2.h>

#include <algorithm>

namespace meshtwin {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::shared_ptr<const re2::RE2> compile_regex(const std::string& pattern, std::string& problem) {
  auto regex = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
  if (regex->ok()) return regex;
  problem = "regular expression '" + pattern + "': " + regex->error();
  return nullptr;
}

bool matches_whole(const re2::RE2& regex, std::string_view text) {
  return re2::RE2::FullMatch(piece(text), regex);
}

std::string replace_all(const re2::RE2& regex, std::string_view text, const std::string& replacement) {
  std::string result(text);
  re2::RE2::GlobalReplace(&result, regex, piece(replacement));
  return result;
}

std::string mistake_in_replacement(const re2::RE2& regex, const std::string& replacement) {
  std::string problem;
  if (regex.CheckRewriteString(piece(replacement), &problem)) return {};
  return "replacement '" + replacement + "': " + problem;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

TextMatcher::TextMatcher(const StringMatch& match, std::string& problem) : match_(match) {
  if (match.kind == StringMatch::Kind::regex) regex_ = compile_regex(match.text, problem);
}

bool TextMatcher::matches(std::string_view text) const {
  const std::string& wanted = match_.text;
  const auto same = [this](std::string_view a, std::string_view b) {
    return match_.ignore_case ? equal_ignoring_case(a, b) : a == b;
  };
  switch (match_.kind) {
    case StringMatch::Kind::present:
      return true;
    case StringMatch::Kind::exact:
      return same(text, wanted);
    case StringMatch::Kind::prefix:
      return text.size() >= wanted.size() && same(text.substr(0, wanted.size()), wanted);
    case StringMatch::Kind::suffix:
      return text.size() >= wanted.size() && same(text.substr(text.size() - wanted.size()), wanted);
    case StringMatch::Kind::contains:
      if (!match_.ignore_case) return text.find(wanted) != std::string_view::npos;
      return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(),
                         [](char x, char y) { return lower(x) == lower(y); }) != text.end();
    case StringMatch::Kind::regex:
      return regex_ != nullptr && matches_whole(*regex_, text);
  }
  return false;
}

}  // namespace meshtwin
