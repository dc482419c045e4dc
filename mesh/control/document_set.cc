#include "mesh/control/document_set.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace meshtwin {
namespace {

// Every kind of document that is kept.
constexpr std::tuple kKinds{
    &Resources::destination_rules, &Resources::virtual_services, &Resources::gateways,    &Resources::service_entries,
    &Resources::workload_entries,  &Resources::sidecars,         &Resources::telemetries, &Resources::rate_limits,
    &Resources::namespaces,        &Resources::service_accounts, &Resources::services,    &Resources::workloads,
    &Resources::endpoint_slices,   &Resources::kube_gateways,    &Resources::kube_routes, &Resources::reference_grants,
    &Resources::traffic_labels,    &Resources::lane_groups,      &Resources::lanes};

template <typename Action>
void for_each_kind(Action action) {
  std::apply([&action](auto... kinds) { (action(kinds), ...); }, kKinds);
}

bool same(const ObjectMeta& a, const ObjectMeta& b) {
  return a.name == b.name && a.name_space == b.name_space && a.kind == b.kind;
}

}  // namespace

void apply_documents(const Resources& changed, Resources& into) {
  for_each_kind([&](auto kind) {
    auto& present = into.*kind;
    const auto& all = changed.*kind;
    for (auto document = all.begin(); document != all.end(); ++document) {
      const auto is_it = [&](const auto& other) { return same(other.meta, document->meta); };
      if (std::any_of(all.begin(), document, is_it)) continue;  // put with the first of its document
      // A document may be several values, which stand together.
      auto place = std::ranges::find_if(present, is_it);
      const auto at = place - present.begin();
      std::erase_if(present, is_it);
      place = present.begin() + at;
      for (auto value = document; value != all.end(); ++value) {
        if (is_it(*value)) place = std::next(present.insert(place, *value));
      }
    }
  });
}

void delete_documents(const Resources& named, Resources& from) {
  for_each_kind([&](auto kind) {
    for (const auto& document : named.*kind) {
      std::erase_if(from.*kind, [&](const auto& other) { return same(other.meta, document.meta); });
    }
  });
}

std::vector<std::string> document_names(const Resources& resources) {
  std::vector<std::string> names;
  for_each_kind([&](auto kind) {
    for (const auto& document : resources.*kind) {
      const ObjectMeta& meta = document.meta;
      names.push_back(meta.kind + ' ' + (meta.name_space.empty() ? "" : meta.name_space + '/') + meta.name);
    }
  });
  return names;
}

}  // namespace meshtwin
