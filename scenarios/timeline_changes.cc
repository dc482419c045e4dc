// What the timeline does to documents: what is applied must be sound, what is deleted must be there by then.

#include <algorithm>

#include "mesh/resource/document_io.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/shape.h"
#include "mesh/resource/yaml.h"
#include "scenarios/documents.h"
#include "scenarios/timeline_changes.h"

namespace meshtwin {

namespace {

std::span<const Node> one_or_many(const Node& node) {
  return node.kind == Node::Kind::list ? std::span<const Node>(node.items) : std::span<const Node>(&node, 1);
}

void read_named(Loading& loading, const Node& node, Resources& into) {
  if (node.kind != Node::Kind::scalar) return read_documents_of(loading, node, into);
  Node named;
  named.kind = Node::Kind::map;
  named.file = node.file;
  named.line = node.line;
  named.keys.push_back(node);
  named.keys.back().text = "file";
  named.items.push_back(node);
  read_documents_of(loading, named, into);
}

// Pods, the addresses they are called by and what their proxies report stand from the beginning.
void check_kinds(Loading& loading, const Resources& change) {
  const auto refuse = [&](const ObjectMeta& meta) {
    loading.problems.add(meta.place, "found a " + meta.kind +
                                         " in the timeline, expected it in resources: pods, services and "
                                         "what proxies report stand from the beginning (see scale)");
  };
  for (const KubeWorkload& workload : change.workloads) refuse(workload.meta);
  for (const KubeService& service : change.services) refuse(service.meta);
  for (const TelemetryResource& telemetry : change.telemetries) refuse(telemetry.meta);
}

DocumentId id_of(const DocumentText& document) {
  ProblemList problems;
  const std::vector<Node> nodes = read_yaml(document.text, document.file, problems);
  problems.throw_if_any();
  const Node& node = nodes.front();
  const Node* meta = node.find("metadata");
  return {read_text(&node, "kind"), read_text(meta, "namespace", "default"), read_text(meta, "name")};
}

}  // namespace

void load_changes(Loading& loading) {
  for (const Node& entry : items_of(loading.root.find("timeline"), Node::Kind::list)) {
    for (const char* key : {"apply", "delete"}) {
      const Node* value = entry.find(key);
      if (value == nullptr || loading.problems.full()) continue;
      Resources& change = loading.changes[value];
      for (const Node& one : one_or_many(*value))
        if (one.find("name") == nullptr) read_named(loading, one, change);
      check_kinds(loading, change);
      auto& warnings = loading.scenario.warnings;
      warnings.insert(warnings.end(), change.warnings.begin(), change.warnings.end());
    }
  }
}

DocumentsInForce::DocumentsInForce(Loading& loading) : loading_(loading) {
  for (const DocumentText& document : loading.resources.texts) documents_[id_of(document)] = document;
}

void DocumentsInForce::apply(const Node& value, TimelineAction& action) {
  for (const DocumentText& document : loading_.changes[&value].texts) {
    documents_[id_of(document)] = document;
    action.documents.push_back(document);
  }
}

void DocumentsInForce::remove(const Node& value, TimelineAction& action) {
  for (const Node& one : one_or_many(value)) {
    if (one.find("name") != nullptr) take(id_named(one), one.place(), action);
  }
  for (const DocumentText& document : loading_.changes[&value].texts)
    take(id_of(document), {document.file, document.line, 0}, action);
}

DocumentId DocumentsInForce::id_named(const Node& node) {
  static const ShapePtr shape = object({{"kind", scalar(Shape::Kind::text), true, {}},
                                        {"name", scalar(Shape::Kind::text), true, {}},
                                        {"namespace", scalar(Shape::Kind::text), false, {}}});
  check_shape(node, *shape, loading_.problems);
  return {read_text(&node, "kind"), read_text(&node, "namespace", "default"), read_text(&node, "name")};
}

void DocumentsInForce::take(const DocumentId& id, const Place& at, TimelineAction& action) {
  const auto found = documents_.find(id);
  if (found != documents_.end()) {
    action.documents.push_back(found->second);
    documents_.erase(found);
    return;
  }
  std::vector<std::string> known;
  for (const auto& [other, document] : documents_)
    if (other.kind == id.kind && other.name_space == id.name_space) known.push_back(other.name);
  loading_.problems.add(at, "found a delete at " + format_time(action.at) + " of the " + id.kind + " " +
                                quote(id.name) + " of " + id.name_space +
                                ", which is not there by then, expected an earlier document" +
                                suggestion(id.name, known));
}

std::string named_in(const Node& value) {
  std::string names;
  for (const Node& one : one_or_many(value)) {
    const Node* meta = one.find("metadata");
    std::string name = one.kind == Node::Kind::scalar ? one.text : read_text(&one, "file");
    if (name.empty()) name = read_text(&one, "kind") + " " + read_text(meta != nullptr ? meta : &one, "name");
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace meshtwin
