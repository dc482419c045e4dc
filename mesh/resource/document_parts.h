#pragma once

// Shapes that many kinds of documents share: metadata, labels and selectors, quantities as Istio and Kubernetes write
// them. A field is written down by what becomes of it: `must` and `may` are acted on or rightly of no effect on a mesh,
// `idle` is valid and refused by a run, which would have to leave it out.

#include <string>
#include <utility>
#include <vector>

#include "mesh/resource/shape.h"

namespace meshtwin {

inline Field must(std::string key, ShapePtr shape, std::string about = {}) {
  return {std::move(key), std::move(shape), true, std::move(about)};
}
inline Field may(std::string key, ShapePtr shape, std::string about = {}) {
  return {std::move(key), std::move(shape), false, std::move(about)};
}
inline Field idle(std::string key, ShapePtr shape) {
  return {std::move(key), std::move(shape), false, {}, false};
}

ShapePtr text();
ShapePtr nonempty(std::int64_t most = std::numeric_limits<std::int64_t>::max());
ShapePtr boolean();
ShapePtr anything();  // null too: what Kubernetes takes for absent
ShapePtr texts(std::int64_t least = 0);
ShapePtr count();  // 0 to 2^31 - 1
ShapePtr port();   // 1 to 65535
ShapePtr percent();
ShapePtr real_percent();
ShapePtr status_code();
ShapePtr duration();          // at least 1 ms
ShapePtr duration_or_zero();  // "0s" too
ShapePtr header_name();
ShapePtr object_name(std::string what = {});  // as Kubernetes names objects: dots are allowed

ShapePtr label_map();           // of objects and pods
ShapePtr match_labels();        // {matchLabels: …} as Istio's policies have it
ShapePtr workload_selector();   // {labels: …} as Istio's networking has it
ShapePtr kube_selector();       // {matchLabels: …, matchExpressions: …}, of which only the first is acted on
ShapePtr metadata(bool named);  // of an object (named), or of a pod's template
Field target_ref();
Field target_refs();
ShapePtr fields_of_any(const std::vector<std::string>& keys, std::vector<Field> others);

}  // namespace meshtwin
