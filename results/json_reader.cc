#include "results/json_reader.h"

#include <cmath>

#include "mesh/base/problem.h"

namespace meshtwin {

void JsonReader::refuse(const std::string& expected) const {
  throw Problem({file_, 0, 0}, (path_.empty() ? "" : path_ + ": ") + expected);
}

JsonReader JsonReader::at(const std::string& key) const {
  if (!value_->is_object()) refuse("expected an object");
  const auto found = value_->find(key);
  if (found == value_->end()) refuse("the key \"" + key + "\" is missing");
  return {*found, file_, path_.empty() ? key : path_ + '.' + key};
}

std::string JsonReader::text() const {
  if (!value_->is_string()) refuse("expected a text");
  return value_->get<std::string>();
}

bool JsonReader::boolean() const {
  if (!value_->is_boolean()) refuse("expected true or false");
  return value_->get<bool>();
}

std::uint64_t JsonReader::count() const {
  if (!value_->is_number_unsigned()) refuse("expected a whole number, 0 or more");
  return value_->get<std::uint64_t>();
}

double JsonReader::number() const {
  if (!value_->is_number()) refuse("expected a number");
  const double number = value_->get<double>();
  if (!std::isfinite(number)) refuse("expected a finite number");
  return number;
}

std::optional<double> JsonReader::number_or_null() const {
  return value_->is_null() ? std::nullopt : std::optional(number());
}

Duration JsonReader::duration(Duration unit) const {
  const double nanoseconds = number() * static_cast<double>(unit);
  if (std::abs(nanoseconds) > 9e18) refuse("expected a time of less than 292 years");
  return std::llround(nanoseconds);
}

std::optional<Duration> JsonReader::duration_or_null(Duration unit) const {
  return value_->is_null() ? std::nullopt : std::optional(duration(unit));
}

void JsonReader::each_item(const std::function<void(const JsonReader&)>& visit) const {
  if (!value_->is_array()) refuse("expected a list");
  std::size_t place = 0;
  for (const Json& item : *value_) visit({item, file_, path_ + '[' + std::to_string(place++) + ']'});
}

void JsonReader::each_member(const std::function<void(const std::string&, const JsonReader&)>& visit) const {
  if (!value_->is_object()) refuse("expected an object");
  for (const auto& [key, member] : value_->items()) visit(key, {member, file_, path_ + '.' + key});
}

}  // namespace meshtwin
