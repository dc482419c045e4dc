#include "mesh/control/destination_rule_index.h"

#include <algorithm>

#include "mesh/control/host_names.h"
#include "mesh/control/traffic_policies.h"

namespace meshtwin {
namespace {

void merge(const DestinationRule& rule, EffectiveRule& into) {
  if (!into.has_policy && has_settings(rule.traffic_policy)) {
    into.traffic_policy = rule.traffic_policy;
    into.has_policy = true;
  }
  for (const Subset& subset : rule.subsets) {
    if (into.subset(subset.name) == nullptr) into.subsets.push_back(subset);
  }
}

}  // namespace

const Subset* EffectiveRule::subset(const std::string& name) const {
  const auto found = std::ranges::find(subsets, name, &Subset::name);
  return found == subsets.end() ? nullptr : &*found;
}

DestinationRuleIndex::DestinationRuleIndex(std::span<const DestinationRule> rules) {
  for (const DestinationRule& rule : rules) {
    const std::string name_space = rule.meta.name_space.empty() ? "default" : rule.meta.name_space;
    OfNamespace& here = namespaces_[name_space];
    const std::string host = resolve_host(rule.host, name_space);
    std::vector<EffectiveRule>& same = here.by_host[host];
    if (same.empty() && host.starts_with('*')) here.wildcards.push_back(host);
    const auto known = std::ranges::find_if(same, [&](const EffectiveRule& other) {
      return other.workload_selector == rule.workload_selector && other.export_to == rule.export_to;
    });
    if (known != same.end()) {
      merge(rule, *known);
    } else {
      merge(rule, same.emplace_back(EffectiveRule{name_space, host, {}, {}, rule.export_to, rule.workload_selector}));
    }
  }
  for (auto& [name, here] : namespaces_) {
    std::ranges::stable_sort(here.wildcards, std::ranges::greater{}, &std::string::size);
  }
}

const EffectiveRule* DestinationRuleIndex::find_in(const OfNamespace& rules, const std::string& host,
                                                   const std::string& client_namespace,
                                                   const Labels& client_labels) const {
  const auto among = [&](const std::vector<EffectiveRule>& candidates) -> const EffectiveRule* {
    const EffectiveRule* general = nullptr;
    for (const EffectiveRule& rule : candidates) {
      if (!exported_to(rule.export_to, rule.name_space, client_namespace)) continue;
      if (rule.workload_selector.empty()) {
        if (general == nullptr) general = &rule;
      } else if (rule.name_space == client_namespace && selects(rule.workload_selector, client_labels)) {
        return &rule;
      }
    }
    return general;
  };
  if (const auto exact = rules.by_host.find(host); exact != rules.by_host.end()) {
    if (const EffectiveRule* rule = among(exact->second)) return rule;
  }
  for (const std::string& wildcard : rules.wildcards) {
    if (wildcard == host || !host_covers(wildcard, host)) continue;
    if (const EffectiveRule* rule = among(rules.by_host.at(wildcard))) return rule;
  }
  return nullptr;
}

const EffectiveRule* DestinationRuleIndex::find(const std::string& host, const std::string& service_namespace,
                                                const std::string& client_namespace,
                                                const Labels& client_labels) const {
  const std::string root = kRootNamespace;
  for (const std::string& where : {client_namespace, service_namespace, root}) {
    const auto here = namespaces_.find(where);
    if (here == namespaces_.end()) continue;
    if (const EffectiveRule* rule = find_in(here->second, host, client_namespace, client_labels)) return rule;
  }
  return nullptr;
}

}  // namespace meshtwin
