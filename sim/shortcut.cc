#include "sim/shortcut.h"

namespace meshtwin {

Shortcut::Shortcut(const Plan& plan, const Topology& topology) : topology_(topology) {
  if (!plan.accelerate) return;
  for (const PodPlan& pod : plan.pods) node_of_pod_.push_back(pod.node);
}

bool Shortcut::reaches(const Connection& connection) const {
  const std::uint32_t a = connection.ends[0].pod;
  const std::uint32_t b = connection.ends[1].pod;
  return a == b || (node_of_pod_[a] == node_of_pod_[b] && topology_.open(a, b));
}

ShortcutUsage& Shortcut::usage_of(const Connection& connection) {
  return connection.ends[0].pod == connection.ends[1].pod ? in_pod_ : on_node_;
}

bool Shortcut::takes(Connection& connection, int side, std::size_t bytes) {
  if (!exists() || node_of_pod_[connection.ends[0].pod] != node_of_pod_[connection.ends[1].pod]) return false;
  End& mine = connection.ends[side];
  ShortcutUsage& usage = usage_of(connection);
  connection.ends[1 - side].unanswered = 0;
  if (!mine.left_shortcut) {
    if (mine.unanswered + bytes <= kShortcutUnanswered && reaches(connection)) {
      mine.unanswered += bytes;
      ++usage.redirected_messages;
      usage.redirected_bytes += bytes;
      return true;
    }
    mine.left_shortcut = true;
    ++usage.fallen_back;
  }
  ++usage.passed_messages;
  usage.passed_bytes += bytes;
  return false;
}

std::map<std::string, ShortcutUsage> Shortcut::usage() const {
  if (!exists()) return {};
  return {{"in_pod", in_pod_}, {"on_node", on_node_}};
}

void Shortcut::reset_counters() {
  in_pod_ = ShortcutUsage();
  on_node_ = ShortcutUsage();
}

}  // namespace meshtwin
