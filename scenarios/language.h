#pragma once

// The scenario language as one description: every key, what its value must look like, one line about it. The loader
// checks files against it, scenarios/schema.json is written from it, `--set` finds its way by it. What values must be
// to each other (a call's service exists, times lie within the duration) is checked by the loader's parts.

#include <string>

#include "mesh/resource/shape.h"

namespace meshtwin {

inline constexpr std::int64_t kPodsMost = 20'000;
inline constexpr std::int64_t kZonesMost = 90;
inline constexpr std::int64_t kServicesMost = 65'000;
inline constexpr std::size_t kCsvBytesMost = 1 << 20;

const Shape& scenario_shape();
// Of an entry of `resources` that names a file.
ShapePtr resource_file_shape();

// The JSON Schema (2020-12) of a language.
std::string schema_of(const Shape& shape, const std::string& title);

// That of this one: the content of scenarios/schema.json.
std::string scenario_schema();

}  // namespace meshtwin
