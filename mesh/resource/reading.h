#pragma once

// Values out of a tree that the shape check has seen: what is absent or malformed reads as the given default, since it
// has been reported already.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/resource/node.h"
#include "mesh/resource/object_meta.h"
#include "mesh/resource/units.h"

namespace meshtwin {

inline const Node* child(const Node* node, std::string_view key) {
  return node == nullptr ? nullptr : node->find(key);
}

// The items of a list or the values of a mapping; none when there is no such key or it holds something else.
inline std::span<const Node> items_of(const Node* node, Node::Kind kind) {
  return node != nullptr && node->kind == kind ? std::span<const Node>(node->items) : std::span<const Node>();
}

template <typename T, typename Parse>
T read(const Node* node, std::string_view key, T otherwise, Parse&& parse) {
  const Node* value = child(node, key);
  if (value == nullptr || value->kind != Node::Kind::scalar) return otherwise;
  return static_cast<T>(parse(value->text).value.value_or(otherwise));
}

inline Duration read_time(const Node* node, std::string_view key, Duration otherwise = 0) {
  return read(node, key, otherwise, parse_time);
}
inline std::uint64_t read_size(const Node* node, std::string_view key) {
  return static_cast<std::uint64_t>(read(node, key, std::int64_t{0}, parse_size));
}
inline double read_share(const Node* node, std::string_view key, double otherwise) {
  return read(node, key, otherwise, parse_share);
}
inline double read_number(const Node* node, std::string_view key, double otherwise) {
  return read(node, key, otherwise, parse_number);
}
inline double read_rate(const Node* node, std::string_view key) {
  return read(node, key, 0.0, parse_rate);
}
inline std::int64_t read_integer(const Node* node, std::string_view key, std::int64_t otherwise) {
  return read(node, key, otherwise, parse_integer);
}
inline bool read_boolean(const Node* node, std::string_view key, bool otherwise) {
  const Node* value = child(node, key);
  return value == nullptr || !is_boolean(*value) ? otherwise : value->text == "true";
}
inline std::string read_text(const Node* node, std::string_view key, std::string otherwise = {}) {
  const Node* value = child(node, key);
  return value == nullptr || value->kind != Node::Kind::scalar ? std::move(otherwise) : value->text;
}

template <typename T = std::uint32_t>
std::optional<T> optional_integer(const Node* node, std::string_view key) {
  const Node* value = child(node, key);
  if (value == nullptr || value->kind != Node::Kind::scalar) return std::nullopt;
  const auto parsed = parse_integer(value->text).value;
  return parsed ? std::optional(static_cast<T>(*parsed)) : std::nullopt;
}
inline std::optional<Duration> optional_duration(const Node* node, std::string_view key) {
  const Node* value = child(node, key);
  return value == nullptr || value->kind != Node::Kind::scalar ? std::nullopt : parse_go_duration(value->text).value;
}
inline std::optional<bool> optional_boolean(const Node* node, std::string_view key) {
  const Node* value = child(node, key);
  return value == nullptr || !is_boolean(*value) ? std::nullopt : std::optional(value->text == "true");
}
inline std::uint16_t read_port(const Node* node, std::string_view key) {
  return static_cast<std::uint16_t>(read_integer(node, key, 0));
}
inline std::span<const Node> list_at(const Node* node, std::string_view key) {
  return items_of(child(node, key), Node::Kind::list);
}
inline std::vector<std::string> read_texts(const Node* node, std::string_view key) {
  std::vector<std::string> texts;
  for (const Node& item : list_at(node, key)) texts.push_back(item.text);
  return texts;
}
inline Labels read_labels(const Node* node, std::string_view key) {
  Labels labels;
  const Node* map = child(node, key);
  if (map == nullptr || map->kind != Node::Kind::map) return labels;
  for (std::size_t i = 0; i < map->keys.size(); ++i) labels[map->keys[i].text] = map->items[i].text;
  return labels;
}

}  // namespace meshtwin
