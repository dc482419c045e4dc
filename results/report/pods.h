#pragma once

// The pods of a run, and the groups that the page draws them in: those of one service in one zone. What serves nothing
// (a load generator, the control plane) is a group of its own.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/json_units.h"
#include "results/report/rows.h"

namespace meshtwin {

class Pods {
 public:
  struct Pod {
    std::int64_t id = 0;
    std::string name;
    std::string service;
    std::string zone;
    std::string node;
    std::string address;
    std::size_t group = 0;
  };
  struct Group {
    std::string name;  // the service's, or the pod's that serves nothing
    std::string zone;
    bool serves = false;
  };

  explicit Pods(const Database& store);

  const std::vector<Pod>& all() const { return pods_; }
  const std::vector<Group>& groups() const { return groups_; }
  std::optional<std::size_t> place_of(std::int64_t id) const;  // in all()

  Json pods_json() const;
  Json groups_json() const;

 private:
  std::size_t group_of(const Pod& pod);

  std::vector<Pod> pods_;
  std::vector<Group> groups_;
  std::map<std::int64_t, std::size_t> places_;
  std::map<std::pair<std::string, std::string>, std::size_t> group_places_;
};

}  // namespace meshtwin
