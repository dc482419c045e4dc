#pragma once

// Plain structs to JSON and back from one listing of their fields: `fields(value, visit)`, in the struct's own
// namespace (not an unnamed one, where argument-dependent lookup does not go), calls visit(name, field) for each. The
// listings use structured bindings, so that a field added to a struct and not to its listing breaks the build.

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace meshtwin::json_fields {

using Json = nlohmann::json;

template <typename T, typename Struct>
concept Is = std::is_same_v<std::remove_const_t<T>, Struct>;

template <typename T>
Json write(const T& value);
template <typename T>
void read(const Json& json, T& value);

template <typename T, template <typename...> typename Template>
struct IsOne : std::false_type {};
template <template <typename...> typename Template, typename... Args>
struct IsOne<Template<Args...>, Template> : std::true_type {};

template <typename T>
Json write(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (IsOne<T, std::optional>::value) {
    return value.has_value() ? write(*value) : Json();
  } else if constexpr (IsOne<T, std::pair>::value) {
    return Json::array({write(value.first), write(value.second)});
  } else if constexpr (IsOne<T, std::vector>::value || IsOne<T, std::map>::value) {
    Json array = Json::array();
    for (const auto& item : value) array.push_back(write(item));
    return array;
  } else if constexpr (IsOne<T, std::variant>::value) {
    return Json::array({value.index(), std::visit([](const auto& held) { return write(held); }, value)});
  } else {
    Json object = Json::object();
    fields(value, [&object](const char* name, const auto& field) { object[name] = write(field); });
    return object;
  }
}

template <std::size_t index, typename Variant>
void read_variant(const Json& json, Variant& value) {
  if constexpr (index == std::variant_size_v<Variant>) {
    throw std::invalid_argument("no such alternative: " + json.at(0).dump());
  } else if (json.at(0).get<std::size_t>() == index) {
    read(json.at(1), value.template emplace<index>());
  } else {
    read_variant<index + 1>(json, value);
  }
}

template <typename T>
void read_items(const Json& json, T& value) {
  if (!json.is_array()) throw std::invalid_argument("expected an array, found " + std::string(json.type_name()));
  for (const Json& item : json) {
    if constexpr (IsOne<T, std::map>::value) {
      std::pair<typename T::key_type, typename T::mapped_type> entry;
      read(item, entry);
      value.insert(std::move(entry));
    } else {
      read(item, value.emplace_back());
    }
  }
}

template <typename T>
void read(const Json& json, T& value) {
  if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(json.get<std::int64_t>());
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    value = json.get<T>();
  } else if constexpr (IsOne<T, std::optional>::value) {
    if (!json.is_null()) read(json, value.emplace());
  } else if constexpr (IsOne<T, std::pair>::value) {
    read(json.at(0), value.first);
    read(json.at(1), value.second);
  } else if constexpr (IsOne<T, std::vector>::value || IsOne<T, std::map>::value) {
    read_items(json, value);
  } else if constexpr (IsOne<T, std::variant>::value) {
    read_variant<0>(json, value);
  } else {
    fields(value, [&json](const char* name, auto& field) { read(json.at(name), field); });
  }
}

}  // namespace meshtwin::json_fields
