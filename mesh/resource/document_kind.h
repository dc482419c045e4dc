#pragma once

// A kind of document: how it is called, which shape it has, what else is checked of it and what it is read into. Each
// family of kinds is in a file of its own; `document_kinds` has them all.

#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/problems.h"
#include "mesh/resource/node.h"
#include "mesh/resource/object_meta.h"
#include "mesh/resource/shape.h"

namespace meshtwin {

struct Resources;

// What is found in a document whose shape is sound.
class Findings {
 public:
  Findings(ProblemList& problems, std::vector<std::string>& warnings, Purpose purpose)
      : problems_(problems), warnings_(warnings), purpose_(purpose) {}

  void refuse(const Node& at, const std::string& message) { problems_.add(at.place(), message); }
  void warn(const Node& at, const std::string& message) { warnings_.push_back(Problem(at.place(), message).text()); }
  bool of_a_run() const { return purpose_ == Purpose::run; }

 private:
  ProblemList& problems_;
  std::vector<std::string>& warnings_;
  Purpose purpose_;
};

struct DocumentKind {
  std::string group;  // empty: Kubernetes' core
  std::string kind;
  std::vector<std::string> versions;
  ShapePtr spec;  // null: the document has none
  bool spec_required = true;
  std::vector<Field> others;  // beside apiVersion, kind, metadata, spec and status
  bool in_namespace = true;
  bool honoured = true;  // by a run
  // Both are given the whole document; null: nothing to check, nothing to read.
  void (*rules)(const Node& document, Findings& findings) = nullptr;
  void (*read)(const Node& document, ObjectMeta meta, Resources& into) = nullptr;
  ShapePtr shape = nullptr;  // of the whole document; made of the above by document_kinds()

  std::vector<std::string> api_versions() const;
};

std::vector<DocumentKind> destination_rule_kind();
std::vector<DocumentKind> virtual_service_kind();
std::vector<DocumentKind> istio_gateway_kind();
std::vector<DocumentKind> service_entry_kinds();
std::vector<DocumentKind> proxy_scope_kinds();
std::vector<DocumentKind> envoy_filter_kind();
std::vector<DocumentKind> security_kinds();
std::vector<DocumentKind> kubernetes_kinds();
std::vector<DocumentKind> gateway_api_kinds();
std::vector<DocumentKind> traffic_lane_kinds();

const std::vector<DocumentKind>& document_kinds();

std::string_view group_of(std::string_view api_version);  // empty: Kubernetes' core
// Null: no such kind; one of another group where this has none. `api_version` is "group/version" or "version".
const DocumentKind* find_kind(std::string_view kind, std::string_view api_version);
std::vector<std::string> kind_names();  // each once

// Rules that several kinds have.
void check_regex(const Node* pattern, Findings& findings);
void check_one_target(const Node& document, const char* selector, Findings& findings);

}  // namespace meshtwin
