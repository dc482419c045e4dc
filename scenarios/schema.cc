#include <nlohmann/json.hpp>

#include "mesh/resource/resources.h"
#include "mesh/resource/units.h"
#include "scenarios/language.h"

namespace meshtwin {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Shape::Kind;

// The decimal must not be zero where zero is out of bounds; of other bounds a pattern cannot speak.
std::string decimal(const Shape& shape) {
  const bool above_zero = shape.kind == Kind::rate ? shape.number_above >= 0 : shape.least > 0;
  return std::string(above_zero ? "(?=[^1-9]*[1-9])" : "") + "[0-9]+(\\.[0-9]+)?";
}

Json pattern(const std::string& units, const Shape& shape) {
  return {{"type", "string"}, {"pattern", "^" + decimal(shape) + units + "$"}, {"description", expectation_of(shape)}};
}

Json to_json(const Shape& shape);

Json object_json(const Shape& shape) {
  Json json = {{"type", "object"}, {"additionalProperties", false}};
  Json required = Json::array();
  json["properties"] = Json::object();
  for (const Field& field : shape.fields) {
    Json value = to_json(*field.shape);
    if (!field.about.empty()) value["description"] = field.about;
    json["properties"][field.key] = std::move(value);
    if (field.required) required.push_back(field.key);
  }
  if (!required.empty()) json["required"] = std::move(required);
  for (const std::string& key : shape.one_of) json["oneOf"].push_back({{"required", Json::array({key})}});
  return json;
}

Json resource_json() {
  const ShapePtr file =
      object({{"file", scalar(Kind::text), true, "with one or more documents, relative to this file"}});
  Json json = {{"oneOf", Json::array({object_json(*file)})}};
  for (const ShapePtr& shape : resource_shapes()) json["oneOf"].push_back(to_json(*shape));
  return json;
}

Json map_json(const Shape& shape) {
  Json json = {{"type", "object"}, {"additionalProperties", to_json(*shape.item)}};
  if (shape.key->kind == Kind::name) json["propertyNames"] = to_json(*shape.key);
  if (shape.least > 0) json["minProperties"] = shape.least;
  return json;
}

Json list_json(const Shape& shape) {
  Json json = {{"type", "array"}, {"items", to_json(*shape.item)}, {"maxItems", shape.most}};
  if (shape.least > 0) json["minItems"] = shape.least;
  return json;
}

Json number_json(const Shape& shape) {
  Json json = {{"type", "number"}, {"minimum", 0}, {"maximum", shape.number_most}};
  if (shape.number_above >= 0) json["exclusiveMinimum"] = shape.number_above;
  return json;
}

Json to_json(const Shape& shape) {
  switch (shape.kind) {
    case Kind::text:
      return {{"type", "string"}};
    case Kind::name:
      return {{"type", "string"}, {"pattern", "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}, {"maxLength", 63}};
    case Kind::word:
      return {{"enum", shape.words}};
    case Kind::boolean:
      return {{"type", "boolean"}};
    case Kind::integer:
      return {{"type", "integer"}, {"minimum", shape.least}, {"maximum", shape.most}};
    case Kind::number:
      return number_json(shape);
    case Kind::time:
      return pattern("(ns|us|ms|s|m|h)", shape);
    case Kind::go_duration:
      return {{"type", "string"},
              {"pattern",
               std::string(shape.least > 0 ? "^(?=[^1-9]*[1-9])" : "^") + "([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+$"},
              {"description", expectation_of(shape)}};
    case Kind::rate:
      return pattern("/[sm]", shape);
    case Kind::size:
      return pattern("([KMG]i?)?B", shape);
    case Kind::bandwidth:
      return pattern("[kMG]?bit", shape);
    case Kind::share:
      return pattern("%", shape);
    case Kind::list:
      return list_json(shape);
    case Kind::map:
      return map_json(shape);
    case Kind::object:
      return object_json(shape);
    case Kind::resource:
      return resource_json();
    case Kind::any:
      return Json::object();
    case Kind::choice:
      break;
  }
  Json json;
  for (const ShapePtr& alternative : shape.alternatives) json["anyOf"].push_back(to_json(*alternative));
  return json;
}

}  // namespace

std::string schema_of(const Shape& shape, const std::string& title) {
  Json json = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
               {"title", title},
               {"$comment", "Written by meshtwin from its own description of the language; do not edit."}};
  json.update(to_json(shape));
  return json.dump(2) + "\n";
}

std::string scenario_schema() {
  return schema_of(scenario_shape(), "meshtwin scenario");
}

}  // namespace meshtwin
