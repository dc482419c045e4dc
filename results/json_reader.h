#pragma once

// A JSON value together with the way that led to it, so that whatever is missing or of the wrong type can be named:
// "phases[2].latency_ms.p50: expected a number".

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "results/json_units.h"

namespace meshtwin {

class JsonReader {
 public:
  JsonReader(const Json& value, std::string file, std::string path = "")
      : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

  JsonReader at(const std::string& key) const;  // of an object; must be there
  bool has(const std::string& key) const { return value_->is_object() && value_->contains(key); }
  bool is_null() const { return value_->is_null(); }

  std::string text() const;
  bool boolean() const;
  std::uint64_t count() const;  // a whole number, not negative
  double number() const;        // finite
  std::optional<double> number_or_null() const;
  // A number in units of `unit` nanoseconds.
  Duration duration(Duration unit) const;
  std::optional<Duration> duration_or_null(Duration unit) const;

  void each_item(const std::function<void(const JsonReader&)>& visit) const;  // of an array
  void each_member(const std::function<void(const std::string&, const JsonReader&)>& visit) const;

  // Throws Problem.
  [[noreturn]] void refuse(const std::string& expected) const;

 private:
  const Json* value_;
  std::string file_;
  std::string path_;
};

}  // namespace meshtwin
