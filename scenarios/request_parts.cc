// What a request says, of loads and of calls: its path, its headers.

#include <algorithm>
#include <cctype>
#include <set>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/models.h"

namespace meshtwin {

namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return (c < 0x80 && std::isalnum(c)) || kOthers.find(static_cast<char>(c)) != kOthers.npos;
  });
}

bool is_printable(std::string_view text, unsigned char least) {
  return std::all_of(text.begin(), text.end(), [&](unsigned char c) { return c >= least && c < 0x7f; });
}

}  // namespace

std::string read_path(Loading& loading, const Node& node) {
  std::string path = read_text(&node, "path", "/");
  if (!path.starts_with('/') || !is_printable(path, 0x21))
    loading.problem(*node.find("path"),
                    "found " + quote(path) + ", expected a path of printable ASCII that begins with /");
  return path;
}

std::string header_name(Loading& loading, const Node& name) {
  static const std::set<std::string> kOwn = {"host", "content-length", "transfer-encoding", "connection"};
  std::string lower = name.text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (!is_token(name.text))
    loading.problem(name, "found " + quote(name.text) + ", expected the name of an HTTP header");
  if (kOwn.count(lower) > 0)
    loading.problem(name, "found the header " + quote(name.text) + ", expected one that the codec does not set itself");
  return lower;
}

std::vector<std::pair<std::string, std::string>> read_headers(Loading& loading, const Node* headers) {
  std::vector<std::pair<std::string, std::string>> result;
  const auto values = items_of(headers, Node::Kind::map);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::string name = header_name(loading, headers->keys[i]);
    if (!is_printable(values[i].text, 0x20))
      loading.problem(values[i], "found " + quote(values[i].text) + ", expected printable ASCII");
    result.emplace_back(std::move(name), values[i].text);
  }
  return result;
}

}  // namespace meshtwin
