#pragma once

// A YAML document as a tree of values that know where they stand, which is what every message about a mistake begins
// with. Aliases are expanded, keys are unique texts (the reader has refused anything else).

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/problem.h"

namespace meshtwin {

struct Node {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  bool quoted = false;      // scalar: written in quotes or as a block, so never a number or a boolean
  std::string text;         // scalar
  std::vector<Node> keys;   // map: scalars, as many as `items`
  std::vector<Node> items;  // list and map
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;

  Place place() const { return {file ? *file : std::string(), line, column}; }
  const Node* find(std::string_view key) const;  // null: no such key, or no map
  Node* find(std::string_view key);
};

// What YAML takes a scalar for.
bool is_number(const Node& node);
bool is_boolean(const Node& node);
bool is_text(const Node& node);  // a scalar that is neither

// For messages: `"4x"`, `a list`, `nothing`; long texts are cut, control characters escaped.
std::string describe(const Node& node);
std::string quote(std::string_view text);

}  // namespace meshtwin
