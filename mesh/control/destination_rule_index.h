#pragma once

// Which DestinationRule counts for whom. Rules of one namespace for one host are one (the first one's policy, the
// subsets of all); a client goes by the rule of its own namespace, else by one that the service's namespace exports to
// it, else by one of the root namespace. Rules with a workload selector go before those without, for whom they select.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "mesh/resource/destination_rule.h"

namespace meshtwin {

// Several rules as the one they amount to.
struct EffectiveRule {
  std::string name_space;
  std::string host;  // resolved
  TrafficPolicy traffic_policy;
  std::vector<Subset> subsets;
  std::vector<std::string> export_to;
  Labels workload_selector;
  bool has_policy = false;

  const Subset* subset(const std::string& name) const;  // null: there is none
};

class DestinationRuleIndex {
 public:
  explicit DestinationRuleIndex(std::span<const DestinationRule> rules);

  // For clients of that namespace with those labels. Null: no rule is for the host.
  const EffectiveRule* find(const std::string& host, const std::string& service_namespace,
                            const std::string& client_namespace, const Labels& client_labels) const;

 private:
  struct OfNamespace {
    std::unordered_map<std::string, std::vector<EffectiveRule>> by_host;
    std::vector<std::string> wildcards;  // the longest first
  };

  const EffectiveRule* find_in(const OfNamespace& rules, const std::string& host, const std::string& client_namespace,
                               const Labels& client_labels) const;

  std::map<std::string, OfNamespace> namespaces_;
};

}  // namespace meshtwin
