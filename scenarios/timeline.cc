// Faults and repairs: whom they concern, and that each repair has something to repair.

#include <algorithm>
#include <optional>
#include <set>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/language.h"
#include "scenarios/loading.h"
#include "scenarios/timeline_changes.h"

namespace meshtwin {

namespace {

using Kind = TimelineAction::Kind;

class TimelineReader {
 public:
  explicit TimelineReader(Loading& loading) : loading_(loading) {}

  void read(const Node& node) {
    TimelineAction action;
    const Node* at = node.find("at");
    action.at = read_time(&node, "at", -1);
    const Duration duration = loading_.scenario.plan.duration;
    if (action.at >= 0 && duration > 0 && action.at >= duration)
      loading_.problem(
          *at, "found " + format_time(action.at) + ", expected a time before the end at " + format_time(duration));
    bool understood = false;
    if (const Node* fail = node.find("fail")) understood = read_fail(*fail, action);
    if (const Node* cut = node.find("cut")) understood = read_link(*cut, Kind::cut, action);
    if (const Node* shape = node.find("shape")) understood = read_link(*shape, Kind::shape, action);
    if (const Node* restore = node.find("restore")) understood = read_restore(*restore, action);
    if (const Node* scale = node.find("scale")) understood = read_scale(*scale, action);
    if (node.find("apply") != nullptr || node.find("delete") != nullptr) understood = read_change(node, action);
    if (understood && action.at >= 0)
      read_.push_back({std::move(action), &node});
    else
      unclear_ = true;
  }

  void finish() {
    std::stable_sort(read_.begin(), read_.end(),
                     [](const Entry& a, const Entry& b) { return a.action.at < b.action.at; });
    const bool documents = loading_.problems.size() == 0;
    std::optional<DocumentsInForce> in_force;
    if (documents) in_force.emplace(loading_);
    for (Entry& entry : read_) {
      if (!unclear_) check_restore(entry);
      if (documents && entry.action.kind == Kind::apply) in_force->apply(*entry.node->find("apply"), entry.action);
      if (documents && entry.action.kind == Kind::remove) in_force->remove(*entry.node->find("delete"), entry.action);
      loading_.scenario.timeline.push_back(entry.action);
    }
  }

 private:
  struct Entry {
    TimelineAction action;
    const Node* node;
  };

  // Fills in pods, service, zone; returns how to call them, empty when they were not understood.
  std::string read_subject(const Node& node, TimelineAction& action) {
    if (const Node* pod = node.find("pod")) {
      if (const Node* zone = node.find("zone"))
        loading_.problem(*zone, "found zone beside pod, expected it beside service only");
      return read_pod(*pod, action);
    }
    const Node* name = node.find("service");
    const std::vector<std::size_t> places = loading_.workloads(name);
    const Node* zone_name = node.find("zone");
    const auto zone = loading_.zone(zone_name);
    if (places.empty() || (zone_name != nullptr && !zone)) return {};
    const std::string subject = name->text + (zone ? " in " + loading_.zone_names[*zone] : "");
    bool anywhere = false;
    for (const std::size_t place : places) {
      const ServiceEntry& entry = loading_.services[place];
      programs_ |= !entry.exec.empty();
      anywhere |= !entry.pods.empty();
      for (const PodGroup& group : entry.pods) {
        if (zone && group.zone != *zone) continue;
        for (std::size_t n = 0; n < std::min<std::size_t>(group.planned, kPodsMost); ++n)
          action.pods.push_back(group.first + n);
      }
    }
    action.service = service_of(places);
    if (zone) action.zone = loading_.zone_names[*zone];
    if (!action.pods.empty()) return subject;
    if (zone && anywhere)
      loading_.problem(*zone_name,
                       "found " + quote(action.zone) + ", expected a zone in which " + name->text + " has pods");
    return {};
  }

  // Whom a fault of these fails over from: none, where others of the same service go on.
  std::string service_of(const std::vector<std::size_t>& places) const {
    const auto host = loading_.services[places.front()].host;
    if (!host || loading_.hosts[*host].members.size() != places.size()) return {};
    return loading_.hosts[*host].name;
  }

  std::string read_pod(const Node& name, TimelineAction& action) {
    if (name.kind != Node::Kind::scalar || loading_.zone_names.empty() || loading_.problems.full()) return {};
    if (name.text == "control-plane" && loading_.mesh.exists()) {
      action.pods = {loading_.control_plane_pod()};
      return name.text;
    }
    std::vector<std::string> names;
    for (const ServiceEntry& service : loading_.services) {
      for (const PodGroup& group : service.pods) {
        const std::string prefix = service.pods_name() + "-" + loading_.zone_names[group.zone] + "-";
        if (name.text.starts_with(prefix)) {
          const auto number = parse_integer(name.text.substr(prefix.size()));
          if (number.value && *number.value >= 0 && *number.value < group.planned &&
              std::to_string(*number.value) == name.text.substr(prefix.size())) {
            action.pods = {group.first + static_cast<std::size_t>(*number.value)};
            programs_ = !service.exec.empty();
            if (service.host) action.service = loading_.hosts[*service.host].name;
            action.zone = loading_.zone_names[group.zone];
            return name.text;
          }
        }
        for (std::size_t n = 0; n < group.planned && names.size() < 2000; ++n)
          names.push_back(prefix + std::to_string(n));
      }
    }
    loading_.problem(name, "found " + quote(name.text) + ", expected the name of a pod, such as SERVICE-ZONE-0" +
                               suggestion(name.text, names));
    return {};
  }

  // An unmodified program cannot be told to put a fault on.
  void check_program(const Node& node, const std::string& how, const TimelineAction& action) {
    if (!programs_) return;
    if (action.kind == Kind::error || action.kind == Kind::slow)
      loading_.problem(*node.find("how"),
                       "found " + quote(how) + " for " + read_text(&node, node.find("pod") ? "pod" : "service") +
                           ", whose pods run a program, expected one of crash, app-crash, proxy-crash, blackhole");
  }

  bool read_fail(const Node& node, TimelineAction& action) {
    const std::string how = read_text(&node, "how");
    if (how == "app-crash") action.kind = Kind::app_crash;
    if (how == "proxy-crash") action.kind = Kind::proxy_crash;
    if (how == "blackhole") action.kind = Kind::blackhole;
    if (how == "error") action.kind = Kind::error;
    if (how == "slow") action.kind = Kind::slow;
    programs_ = false;
    const std::string subject = read_subject(node, action);
    check_amounts(node, how);
    check_program(node, how, action);
    if (action.kind == Kind::proxy_crash && !loading_.mesh.exists())
      loading_.problem(*node.find("how"), "found proxy-crash, expected another fault where mesh.mode is none");
    if (subject == "control-plane" && action.kind != Kind::crash && action.kind != Kind::blackhole)
      loading_.problem(*node.find("how"),
                       "found " + quote(how) + " for the control plane, expected one of crash, blackhole");
    action.amount = how == "error" ? read_share(&node, "share", 1) : read_number(&node, "factor", 1);
    action.text = how + " " + subject;
    if (how == "error" && action.amount != 1) action.text += " (" + format_share(action.amount) + ")";
    if (how == "slow") action.text += " (" + read_text(&node, "factor") + " times)";
    return !subject.empty();
  }

  void check_amounts(const Node& node, const std::string& how) {
    const Node* share = node.find("share");
    const Node* factor = node.find("factor");
    if (share != nullptr && how != "error")
      loading_.problem(*share, "found share beside how: " + how + ", expected it with error only");
    if (factor != nullptr && how != "slow")
      loading_.problem(*factor, "found factor beside how: " + how + ", expected it with slow only");
    if (factor == nullptr && how == "slow")
      loading_.problem(node, "found slow without factor, expected one, such as factor: 10");
  }

  bool read_link(const Node& node, Kind kind, TimelineAction& action) {
    action.kind = kind;
    const auto link = loading_.link(node.find("link"));
    if (!link) return false;
    action.link = *link;
    const LinkPlan& plan = loading_.scenario.plan.links[*link];
    action.shape = plan.shape;
    if (kind == Kind::shape) {
      read_link_shape(node, action.shape);
      if (node.keys.size() < 2)
        loading_.problem(node, "found nothing to change, expected one of rtt, jitter, loss, bandwidth");
    }
    const char* verb = kind == Kind::cut ? "cut" : kind == Kind::shape ? "shape" : "restore";
    action.text =
        std::string(verb) + " link " + loading_.zone_names[plan.zone_a] + " - " + loading_.zone_names[plan.zone_b];
    return true;
  }

  bool read_restore(const Node& node, TimelineAction& action) {
    if (node.find("link") != nullptr) return read_link(node, Kind::restore_link, action);
    action.kind = Kind::restore_pods;
    const std::string subject = read_subject(node, action);
    action.text = "restore " + subject;
    return !subject.empty();
  }

  bool read_change(const Node& node, TimelineAction& action) {
    const Node* apply = node.find("apply");
    const Node& value = apply != nullptr ? *apply : *node.find("delete");
    action.kind = apply != nullptr ? Kind::apply : Kind::remove;
    action.text = (apply != nullptr ? "apply " : "delete ") + named_in(value);
    if (loading_.mesh.exists()) action.pods = {loading_.control_plane_pod()};
    return true;
  }

  bool read_scale(const Node& node, TimelineAction& action) {
    action.kind = Kind::scale;
    const std::vector<std::size_t> places = loading_.workloads(node.find("service"));
    const auto zone = loading_.zone(node.find("zone"));
    if (places.empty() || !zone) return false;
    if (places.size() > 1) {
      loading_.problem(*node.find("service"), "found " + quote(read_text(&node, "service")) +
                                                  ", which has pods of several kinds, expected the name of one");
      return false;
    }
    const ServiceEntry& entry = loading_.services[places.front()];
    action.count = static_cast<std::size_t>(std::clamp<std::int64_t>(read_integer(&node, "pods", 0), 0, kPodsMost));
    action.text = "scale " + entry.name + " in " + loading_.zone_names[*zone] + " to " + std::to_string(action.count);
    for (const PodGroup& group : entry.pods) {
      if (group.zone != *zone) continue;
      for (std::size_t n = 0; n < group.planned; ++n) action.pods.push_back(group.first + n);
    }
    return true;
  }

  void check_restore(const Entry& entry) {
    const TimelineAction& action = entry.action;
    const auto nothing = [&](const std::string& what) {
      loading_.problem(*entry.node->find("restore"),
                       "found a restore at " + format_time(action.at) + " of " + what +
                           ", which nothing has failed by then, expected an earlier fault");
    };
    switch (action.kind) {
      case Kind::cut:
      case Kind::shape:
        changed_links_.insert(action.link);
        break;
      case Kind::restore_link:
        if (changed_links_.erase(action.link) == 0) nothing(action.text.substr(8));
        break;
      case Kind::restore_pods: {
        std::size_t restored = 0;
        for (const std::size_t pod : action.pods) restored += failed_pods_.erase(pod);
        if (restored == 0) nothing(action.text.substr(8));
        break;
      }
      case Kind::apply:
      case Kind::remove:
      case Kind::scale:
        break;
      default:
        failed_pods_.insert(action.pods.begin(), action.pods.end());
    }
  }

  Loading& loading_;
  std::vector<Entry> read_;
  bool programs_ = false;  // the subject read last has pods that run one
  bool unclear_ = false;   // some entry was not understood: what has failed by when cannot be told
  std::set<std::size_t> failed_pods_;
  std::set<std::size_t> changed_links_;
};

}  // namespace

void load_timeline(Loading& loading) {
  if (loading.workload_pods > static_cast<std::size_t>(kPodsMost)) return;  // said already
  TimelineReader reader(loading);
  for (const Node& node : items_of(loading.root.find("timeline"), Node::Kind::list))
    if (!loading.problems.full()) reader.read(node);
  reader.finish();
}

}  // namespace meshtwin
