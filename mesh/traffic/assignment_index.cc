#include "mesh/traffic/assignment_index.h"

#include <algorithm>
#include <functional>
#include <map>

namespace meshtwin {
namespace {

void group_by_weight(HostList& list, std::span<const IndexedHost> hosts) {
  std::map<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> by_weight;
  for (std::uint32_t place = 0; place < list.positions.size(); ++place) {
    by_weight[hosts[list.positions[place]].weight].push_back(place);
  }
  if (by_weight.size() == 1) list.weight = by_weight.begin()->first;
  if (by_weight.size() < 2) return;
  for (auto& [weight, members] : by_weight) list.groups.push_back({weight, std::move(members)});
}

}  // namespace

Availability availability_of(EndpointHealth health) {
  switch (health) {
    case EndpointHealth::unknown:
    case EndpointHealth::healthy:
      return Availability::healthy;
    case EndpointHealth::degraded:
      return Availability::degraded;
    case EndpointHealth::unhealthy:
    case EndpointHealth::draining:
    case EndpointHealth::timeout:
      break;
  }
  return Availability::unhealthy;
}

AssignmentIndex::AssignmentIndex(const ClusterAssignment& assignment) {
  std::vector<const LocalityEndpoints*> groups;
  std::size_t endpoints = 0;
  for (const LocalityEndpoints& group : assignment.localities) {
    groups.push_back(&group);
    endpoints += group.endpoints.size();
  }
  std::ranges::stable_sort(groups, {}, &LocalityEndpoints::priority);
  hosts_.reserve(endpoints);
  workloads_.reserve(endpoints);
  position_of_.reserve(endpoints);
  for (const LocalityEndpoints* group : groups) add(*group);

  for (PriorityIndex& priority : priorities_) {
    for (HostList* list : {&priority.all, &priority.healthy, &priority.degraded}) group_by_weight(*list, hosts_);
    for (LocalityIndex& locality : priority.localities) {
      if (priority.localities.size() < 2 && !priority.weighted_by_locality) locality.healthy = locality.degraded = {};
      for (HostList* list : {&locality.healthy, &locality.degraded}) group_by_weight(*list, hosts_);
    }
  }
}

void AssignmentIndex::add(const LocalityEndpoints& group) {
  if (group.priority >= priorities_.size()) priorities_.resize(group.priority + 1);
  PriorityIndex& priority = priorities_[group.priority];
  LocalityIndex& locality = priority.localities.emplace_back();
  locality.locality = &group.locality;
  locality.weight = group.weight;
  priority.weighted_by_locality |= group.weight > 0;
  for (const EndpointConfig& endpoint : group.endpoints) {
    const auto position = static_cast<std::uint32_t>(hosts_.size());
    if (!position_of_.emplace(endpoint.address, position).second) continue;
    const Availability availability = availability_of(endpoint.health);
    hosts_.push_back({endpoint.address, std::max(endpoint.weight, 1U), group.priority,
                      static_cast<std::uint32_t>(priority.localities.size() - 1), availability, endpoint.transport});
    workloads_.push_back(&endpoint.workload);
    ++locality.total;
    priority.all.positions.push_back(position);
    if (availability == Availability::healthy) {
      priority.healthy.positions.push_back(position);
      locality.healthy.positions.push_back(position);
    } else if (availability == Availability::degraded) {
      priority.degraded.positions.push_back(position);
      locality.degraded.positions.push_back(position);
    }
  }
}

std::optional<std::uint32_t> AssignmentIndex::position_of(SocketAddress address) const {
  const auto found = position_of_.find(address);
  if (found == position_of_.end()) return std::nullopt;
  return found->second;
}

const AssignmentIndex& index_of(const ClusterAssignment& assignment) {
  if (assignment.index.index_ == nullptr) assignment.index.index_ = std::make_shared<AssignmentIndex>(assignment);
  return *assignment.index.index_;
}

}  // namespace meshtwin
