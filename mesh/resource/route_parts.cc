#include "mesh/resource/route_parts.h"

#include <algorithm>

#include "mesh/resource/document_parts.h"
#include "mesh/resource/reading.h"

namespace meshtwin {

ShapePtr string_match_shape() {
  return excluding(object({may("exact", text(), "the whole text"), may("prefix", text(), "its beginning"),
                           may("regex", text(), "RE2, of the whole text")}),
                   {{"exact", "prefix", "regex"}});
}

ShapePtr string_match_map_shape() {
  return map_of(nonempty(), string_match_shape());
}

ShapePtr destination_shape() {
  return object({must("host", nonempty(), "of a service"), may("subset", text(), "of a DestinationRule"),
                 may("port", object({may("number", port(), "of the service")}), "where the service has several")});
}

StringMatch read_string_match(const Node& node) {
  static constexpr std::pair<const char*, StringMatch::Kind> kKinds[] = {
      {"exact", StringMatch::Kind::exact}, {"prefix", StringMatch::Kind::prefix}, {"regex", StringMatch::Kind::regex}};
  for (const auto& [key, kind] : kKinds)
    if (node.find(key) != nullptr) return {.kind = kind, .text = read_text(&node, key)};
  return {};
}

std::vector<NamedMatch> read_named_matches(const Node* node) {
  std::vector<NamedMatch> matches;
  if (node == nullptr) return matches;
  for (std::size_t i = 0; i < node->keys.size(); ++i)
    matches.emplace_back(node->keys[i].text, read_string_match(node->items[i]));
  return matches;
}

Destination read_destination(const Node* node) {
  return {.host = read_text(node, "host"),
          .subset = read_text(node, "subset"),
          .port = read_port(child(node, "port"), "number")};
}

std::vector<std::string> grpc_status_names() {
  return {"OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
          "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
          "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
          "DATA_LOSS", "UNAUTHENTICATED"};
}

std::optional<std::uint16_t> grpc_status(const std::string& name) {
  const std::vector<std::string> names = grpc_status_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - names.begin());
}

void check_string_match(const Node* match, Findings& findings) {
  check_regex(child(match, "regex"), findings);
}

void check_named_matches(const Node* matches, Findings& findings) {
  if (matches == nullptr) return;
  for (const Node& match : matches->items) check_string_match(&match, findings);
}

}  // namespace meshtwin
