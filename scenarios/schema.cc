#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/units.h"
#include "scenarios/language.h"

namespace meshtwin {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Shape::Kind;

constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();

// The decimal must not be zero where zero is out of bounds; of other bounds a pattern cannot speak.
std::string decimal(const Shape& shape) {
  const bool above_zero = shape.kind == Kind::rate ? shape.number_above >= 0 : shape.least > 0;
  return std::string(above_zero ? "(?=[^1-9]*[1-9])" : "") + "[0-9]+(\\.[0-9]+)?";
}

Json pattern(const std::string& units, const Shape& shape) {
  return {{"type", "string"}, {"pattern", "^" + decimal(shape) + units + "$"}, {"description", expectation_of(shape)}};
}

Json text_json(const Shape& shape) {
  Json json = {{"type", "string"}};
  if (shape.least > 0) json["minLength"] = shape.least;
  if (shape.most != kUnbounded) json["maxLength"] = shape.most;
  if (shape.pattern.starts_with("(?i)")) {
    json["description"] = shape.what;  // of which a schema's patterns know nothing
  } else if (!shape.pattern.empty()) {
    json["pattern"] = "^(" + shape.pattern + ")$";
  }
  return json;
}

Json number_json(const Shape& shape) {
  Json json = {{"type", "number"}, {"minimum", 0}, {"maximum", shape.number_most}};
  if (shape.number_above >= 0) json["exclusiveMinimum"] = shape.number_above;
  return json;
}

Json scalar_json(const Shape& shape) {
  switch (shape.kind) {
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
    default:
      return text_json(shape);
  }
}

// Shapes to JSON Schema. What documents are made of is written down once, in $defs, under the key it first stood at.
class SchemaWriter {
 public:
  Json write(const Shape& shape, const std::string& key) {
    Json json = of_kind(shape, key);
    if (!shape.nullable || shape.kind == Kind::any) return json;
    return {{"anyOf", Json::array({std::move(json), {{"type", "null"}}})}};
  }

  // What a run takes as a document; empty where none has been referred to.
  Json definitions() {
    if (!has_documents_) return {};
    sharing_ = true;
    Json documents = {{"document", {{"oneOf", Json::array({reference("List")})}}}};
    documents["List"] = list_of_documents();
    for (const DocumentKind& kind : document_kinds()) {
      if (!kind.honoured) continue;
      const std::string name = kind.group.empty() ? kind.kind : kind.group + "." + kind.kind;
      documents["document"]["oneOf"].push_back(reference(name));
      documents[name] = object_json(*kind.shape);
    }
    documents.update(shared_);
    return documents;
  }

 private:
  static constexpr std::size_t kWorthSharing = 150;

  static Json reference(const std::string& name) { return {{"$ref", "#/$defs/" + name}}; }

  static Json list_of_documents() {
    std::vector<std::string> lists = {"List"};
    for (const DocumentKind& kind : document_kinds()) lists.push_back(kind.kind + "List");
    return {{"type", "object"},
            {"required", Json::array({"kind", "items"})},
            {"properties",
             {{"kind", {{"enum", lists}}}, {"items", {{"type", "array"}, {"items", reference("document")}}}}}};
  }

  Json shared(Json json, const std::string& key) {
    const std::string text = json.dump();
    if (!sharing_ || text.size() < kWorthSharing) return json;
    const auto [found, fresh] = names_.try_emplace(text, key);
    if (fresh) {
      for (int i = 2; shared_.contains(found->second); ++i) found->second = key + std::to_string(i);
      shared_[found->second] = std::move(json);
    }
    return reference(found->second);
  }

  Json object_json(const Shape& shape) {
    Json json = {{"type", "object"}, {"additionalProperties", false}};
    Json required = Json::array();
    json["properties"] = Json::object();
    for (const Field& field : shape.fields) {
      if (!field.honoured) continue;
      Json value = write(*field.shape, field.key);
      if (!field.about.empty()) value["description"] = field.about;
      json["properties"][field.key] = std::move(value);
      if (field.required) required.push_back(field.key);
    }
    if (!required.empty()) json["required"] = std::move(required);
    for (const std::string& key : shape.one_of) json["oneOf"].push_back({{"required", Json::array({key})}});
    for (const std::vector<std::string>& group : shape.exclusive)
      for (std::size_t i = 0; i < group.size(); ++i)
        for (std::size_t j = i + 1; j < group.size(); ++j)
          json["allOf"].push_back({{"not", {{"required", Json::array({group[i], group[j]})}}}});
    return json;
  }

  Json resource_json() {
    has_documents_ = true;
    const ShapePtr file = resource_file_shape();
    return {{"oneOf", Json::array({object_json(*file), reference("document")})}};
  }

  Json map_json(const Shape& shape, const std::string& key) {
    Json json = {{"type", "object"}, {"additionalProperties", write(*shape.item, key)}};
    if (is_scalar(*shape.key)) {
      Json names = write(*shape.key, key);
      if (names.size() > 1) json["propertyNames"] = std::move(names);  // more than a text
    }
    if (shape.least > 0) json["minProperties"] = shape.least;
    if (shape.most != kUnbounded) json["maxProperties"] = shape.most;
    return json;
  }

  Json list_json(const Shape& shape, const std::string& key) {
    Json json = {{"type", "array"}, {"items", write(*shape.item, key)}, {"maxItems", shape.most}};
    if (shape.least > 0) json["minItems"] = shape.least;
    return json;
  }

  Json of_kind(const Shape& shape, const std::string& key) {
    switch (shape.kind) {
      case Kind::list:
        return list_json(shape, key);
      case Kind::map:
        return shared(map_json(shape, key), key);
      case Kind::object:
        return shared(object_json(shape), key);
      case Kind::resource:
        return resource_json();
      case Kind::any:
        return Json::object();
      case Kind::choice:
        break;
      default:
        return scalar_json(shape);
    }
    Json json;
    for (const ShapePtr& alternative : shape.alternatives) json["anyOf"].push_back(write(*alternative, key));
    return json;
  }

  bool has_documents_ = false;
  bool sharing_ = false;
  Json shared_ = Json::object();
  std::map<std::string, std::string> names_;  // of what is shared, by its text
};

}  // namespace

std::string schema_of(const Shape& shape, const std::string& title) {
  SchemaWriter writer;
  Json json = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
               {"title", title},
               {"$comment", "Written by meshtwin from its own description of the language; do not edit."}};
  json.update(writer.write(shape, title));
  if (Json definitions = writer.definitions(); !definitions.empty()) json["$defs"] = std::move(definitions);
  return json.dump(2) + "\n";
}

std::string scenario_schema() {
  return schema_of(scenario_shape(), "meshtwin scenario");
}

}  // namespace meshtwin
