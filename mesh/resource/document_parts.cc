#include "mesh/resource/document_parts.h"

#include <limits>

#include "mesh/base/time.h"

namespace meshtwin {

namespace {

using Kind = Shape::Kind;

constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();
constexpr const char* kLabelValue = "([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?";
constexpr const char* kLabelKey = "([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";

ShapePtr label_value() {
  return text_of(0, 63, kLabelValue,
                 "a label's value: at most 63 of A-Z, a-z, 0-9, -, _ and ., none of the last three at its ends");
}

ShapePtr label_key() {
  return text_of(1, 317, kLabelKey,
                 "a label's name: at most 63 of A-Z, a-z, 0-9, -, _ and ., with or without a domain and / before it");
}

// The value of a selector, where Istio takes no wildcard.
ShapePtr selected_value() {
  return text_of(0, 63, "[^*]*", "a label's value of at most 63 characters, no wildcard");
}

ShapePtr selected_key() {
  return text_of(1, kUnbounded, "[^*]+", "a label's name, not empty, no wildcard");
}

}  // namespace

ShapePtr text() {
  return scalar(Kind::text);
}
ShapePtr nonempty(std::int64_t most) {
  return text_of(1, most);
}
ShapePtr boolean() {
  return scalar(Kind::boolean);
}
ShapePtr anything() {
  return nullable(any_value());
}
ShapePtr texts(std::int64_t least) {
  return list_of(text(), least);
}
ShapePtr count() {
  return integer(0, 0x7fffffff);
}
ShapePtr port() {
  return integer(1, 65535);
}
ShapePtr percent() {
  return integer(0, 100);
}
ShapePtr real_percent() {
  return number_above(-1, 100);
}
ShapePtr status_code() {
  return integer(200, 599);
}
ShapePtr duration() {
  return quantity(Kind::go_duration, kMillisecond, kUnbounded);
}
ShapePtr duration_or_zero() {
  return quantity(Kind::go_duration, 0, kUnbounded);
}
ShapePtr header_name() {
  return text_of(1, 256, "[-_A-Za-z0-9!#$%&'*+.^`|~]+",
                 "the name of a header: letters, digits and -, no space or colon");
}

ShapePtr object_name(std::string what) {
  return text_of(1, 253, "[a-z0-9]([-a-z0-9.]*[a-z0-9])?",
                 what.empty() ? "a name of a-z, 0-9, - and . (at most 253, neither of the last two at its ends)"
                              : std::move(what));
}

ShapePtr label_map() {
  return nullable(map_of(label_key(), label_value()));
}

ShapePtr match_labels() {
  return object({may("matchLabels", map_of(selected_key(), selected_value()), "of the pods")});
}

ShapePtr workload_selector() {
  return object({may("labels", map_of(text(), selected_value()), "of the pods")});
}

ShapePtr kube_selector() {
  const ShapePtr expression =
      object({must("key", label_key()), must("operator", word({"In", "NotIn", "Exists", "DoesNotExist"})),
              may("values", texts())});
  return object({may("matchLabels", label_map()), idle("matchExpressions", list_of(expression))});
}

ShapePtr metadata(bool named) {
  return fields_of_any({"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
                        "deletionGracePeriodSeconds", "finalizers", "ownerReferences", "managedFields", "selfLink"},
                       {{"name", object_name(), named, "unique among its kind"},
                        may("namespace", scalar(Kind::name), "default: default"),
                        may("labels", label_map()),
                        may("annotations", nullable(map_of(nonempty(), text()))),
                        may("generateName", text_of(1, 253, "[a-z0-9][-a-z0-9.]*", "the beginning of a name"))});
}

Field target_ref() {
  const ShapePtr group = text_of(0, 253, "([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?",
                                 "the name of an API group, such as gateway.networking.k8s.io");
  const ShapePtr kind = text_of(1, 63, "[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?", "a kind, such as Gateway");
  return idle("targetRef",
              object({may("group", group), must("kind", kind), must("name", nonempty(253)),
                      may("namespace", text_of(0, 0, {}, "none: a document refers to its own namespace only"))}));
}

Field target_refs() {
  return idle("targetRefs", list_of(target_ref().shape, 0, 16));
}

ShapePtr fields_of_any(const std::vector<std::string>& keys, std::vector<Field> others) {
  for (const std::string& key : keys) others.push_back(may(key, anything()));
  return object(std::move(others));
}

}  // namespace meshtwin
