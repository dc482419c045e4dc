#include "results/report/pods.h"

namespace meshtwin {

Pods::Pods(const Database& store) {
  // Stores of before there were addresses are read as well.
  const bool addresses =
      query_text(store, "SELECT name FROM pragma_table_info('pods') WHERE name = 'address'").has_value();
  const std::string query =
      std::string("SELECT id, name, service, zone, node, ") + (addresses ? "address" : "''") + " FROM pods ORDER BY id";
  each_row(store, query, [this](const Statement& row) {
    Pod pod;
    pod.id = row.integer(0);
    pod.name = row.text(1);
    pod.service = row.text(2);
    pod.zone = row.text(3);
    pod.node = row.text(4);
    pod.address = row.text(5);
    pod.group = group_of(pod);
    places_[pod.id] = pods_.size();
    pods_.push_back(std::move(pod));
  });
}

std::size_t Pods::group_of(const Pod& pod) {
  const bool serves = !pod.service.empty();
  const std::string& name = serves ? pod.service : pod.name;
  const auto [place, fresh] = group_places_.try_emplace({name, pod.zone}, groups_.size());
  if (fresh) groups_.push_back({name, pod.zone, serves});
  return place->second;
}

std::optional<std::size_t> Pods::place_of(std::int64_t id) const {
  const auto found = places_.find(id);
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

Json Pods::pods_json() const {
  Json list = Json::array();
  for (const Pod& pod : pods_) list.push_back({pod.name, pod.group, pod.node, pod.address});
  return list;
}

Json Pods::groups_json() const {
  Json list = Json::array();
  for (const Group& group : groups_) {
    list.push_back({{"name", group.name}, {"zone", group.zone}, {"serves", group.serves}});
  }
  return list;
}

}  // namespace meshtwin
