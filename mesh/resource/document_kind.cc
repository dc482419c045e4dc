#include "mesh/resource/document_kind.h"

#include <re2/re2.h>

#include <algorithm>

#include "mesh/resource/document_parts.h"

namespace meshtwin {

namespace {

ShapePtr whole_shape(const DocumentKind& kind) {
  std::vector<Field> fields = {must("apiVersion", word(kind.api_versions()), kind.api_versions().front()),
                               must("kind", word({kind.kind}), kind.kind), must("metadata", metadata(true), "its name"),
                               may("status", anything())};
  if (kind.spec != nullptr) fields.push_back({"spec", kind.spec, kind.spec_required, "what it says"});
  fields.insert(fields.end(), kind.others.begin(), kind.others.end());
  return object(std::move(fields));
}

std::vector<DocumentKind> every_kind() {
  std::vector<DocumentKind> all;
  for (auto family :
       {destination_rule_kind, virtual_service_kind, istio_gateway_kind, service_entry_kinds, proxy_scope_kinds,
        envoy_filter_kind, security_kinds, kubernetes_kinds, gateway_api_kinds, traffic_lane_kinds}) {
    for (DocumentKind& kind : family()) {
      kind.shape = whole_shape(kind);
      all.push_back(std::move(kind));
    }
  }
  return all;
}

}  // namespace

std::vector<std::string> DocumentKind::api_versions() const {
  std::vector<std::string> all;
  for (const std::string& version : versions) all.push_back(group.empty() ? version : group + "/" + version);
  return all;
}

const std::vector<DocumentKind>& document_kinds() {
  static const std::vector<DocumentKind> kinds = every_kind();
  return kinds;
}

std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

const DocumentKind* find_kind(std::string_view kind, std::string_view api_version) {
  const DocumentKind* only = nullptr;
  for (const DocumentKind& candidate : document_kinds()) {
    if (candidate.kind != kind) continue;
    if (candidate.group == group_of(api_version)) return &candidate;
    only = only == nullptr ? &candidate : only;
  }
  return only;  // its shape tells what is wrong with the version
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const DocumentKind& kind : document_kinds())
    if (std::find(names.begin(), names.end(), kind.kind) == names.end()) names.push_back(kind.kind);
  return names;
}

void check_regex(const Node* pattern, Findings& findings) {
  if (pattern == nullptr) return;
  RE2::Options quiet;
  quiet.set_log_errors(false);
  const RE2 compiled(pattern->text, quiet);
  if (!compiled.ok())
    findings.refuse(
        *pattern, "found " + quote(pattern->text) + " (" + compiled.error() + "), expected an RE2 regular expression");
}

void check_one_target(const Node& document, const char* selector, Findings& findings) {
  const Node* spec = document.find("spec");
  if (spec == nullptr) return;
  int found = 0;
  for (const char* key : {selector, "targetRef", "targetRefs"}) found += spec->find(key) != nullptr ? 1 : 0;
  if (found > 1)
    findings.refuse(*spec, "found " + std::to_string(found) + " of " + selector +
                               ", targetRef and targetRefs, expected only one of them");
}

}  // namespace meshtwin
