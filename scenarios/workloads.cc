// Whose pods there are: entries of `services` that make their own, and the documents' Deployments, StatefulSets and
// Pods; and the names they are called by: the entries' own Services, Service documents, ServiceEntries' hosts.

#include <algorithm>
#include <set>

#include "mesh/base/socket_address.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/language.h"
#include "scenarios/loading.h"

namespace meshtwin {

namespace {

constexpr std::uint32_t kServiceNetwork = (10u << 24) | (96u << 16);     // Service k: 10.96.0.0/16 + k + 1
constexpr std::uint32_t kExternalNetwork = (240u << 24) | (240u << 16);  // as Istio gives addresses out
constexpr const char* kZoneLabel = "topology.kubernetes.io/zone";
constexpr const char* kWaypointLabel = "istio.io/use-waypoint";

class WorkloadLoader {
 public:
  explicit WorkloadLoader(Loading& loading) : loading_(loading), entries_(loading.root.find("services")) {}

  void run() {
    match_documents();
    add_entries();
    add_documents();
    add_service_documents();
    add_external_hosts();
    read_scales();
    for (ServiceEntry& service : loading_.services) complete(service);
  }

 private:
  static bool is_selected(const KubeService& service, const KubeWorkload& workload) {
    return !service.selector.empty() && service.meta.name_space == workload.meta.name_space &&
           selects(service.selector, workload.pod_labels);
  }

  // Which entry says what a document's pods do: that of its name, of a Service that selects it, of its label app.
  void match_documents() {
    for (const KubeWorkload& workload : loading_.resources.workloads) {
      std::vector<std::string> names = {workload.meta.name};
      for (const KubeService& service : loading_.resources.services)
        if (is_selected(service, workload)) names.push_back(service.meta.name);
      if (const auto app = workload.pod_labels.find("app"); app != workload.pod_labels.end())
        names.push_back(app->second);
      for (const std::string& name : names) {
        const Node* entry = child(entries_, name);
        if (entry == nullptr || read_text(entry, "namespace", workload.meta.name_space) != workload.meta.name_space)
          continue;
        behaviour_of_[&workload] = entry;
        described_.insert(entry);
        break;
      }
    }
  }

  ServiceEntry& add(const std::string& name, const std::string& name_space, const Place& place) {
    ServiceEntry& entry = loading_.services.emplace_back();
    entry.name = name;
    entry.name_space = name_space;
    entry.place = place;
    const std::size_t index = loading_.services.size() - 1;
    if (loading_.services_by_name.emplace(name, index).second) loading_.service_names.push_back(name);
    loading_.services_by_name.emplace(name + "." + name_space, index);
    return entry;
  }

  const KubeService* service_document(const std::string& name, const std::string& name_space) const {
    for (const KubeService& service : loading_.resources.services)
      if (service.meta.name == name && service.meta.name_space == name_space) return &service;
    return nullptr;
  }

  void add_entries() {
    const auto nodes = items_of(entries_, Node::Kind::map);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Node& key = entries_->keys[i];
      if (described_.count(&nodes[i]) > 0) continue;
      if (nodes[i].find("pods") == nullptr)
        loading_.problem(key, "found " + quote(key.text) +
                                  " without pods, expected pods, or a Deployment that it says "
                                  "the behaviour of");
      const std::string name_space = read_text(&nodes[i], "namespace", "default");
      ServiceEntry& entry = add(key.text, name_space, key.place());
      entry.node = &nodes[i];
      read_labels(entry, read_text(&nodes[i], "service", key.text));
      const std::string service = read_text(&nodes[i], "service", key.text);
      if (const KubeService* document = service_document(service, name_space)) {
        for (const auto& [label, value] : document->selector) entry.labels[label] = value;
      } else {
        join(entry, service);
      }
    }
  }

  static void read_labels(ServiceEntry& entry, const std::string& app) {
    entry.labels = {{"app", app}};
    const Node* labels = entry.node->find("labels");
    const auto values = items_of(labels, Node::Kind::map);
    for (std::size_t i = 0; i < values.size(); ++i) entry.labels[labels->keys[i].text] = values[i].text;
    if (const std::string version = read_text(entry.node, "version"); !version.empty())
      entry.labels["version"] = version;
    entry.account = read_text(entry.node, "service_account", entry.name);
  }

  // A Service that no document speaks of: the entry's own, or that of several entries.
  void join(ServiceEntry& entry, const std::string& service) {
    std::optional<std::size_t> place = loading_.find_host(service + "." + entry.name_space + kServiceDomain);
    if (!place) {
      HostEntry& host = add_host(service, entry.name_space, entry.place);
      host.ports = ports_of(*entry.node);
      if (entry.node->find("service") != nullptr) host.selector = {{"app", service}};
      place = loading_.hosts.size() - 1;
    } else if (const Node* ports = entry.node->find("ports"); ports != nullptr) {
      if (ports_of(*entry.node).front().port != loading_.hosts[*place].ports.front().port)
        loading_.problem(*ports, "found other ports than those of " + quote(service) +
                                     " before, expected the same: they belong to one service");
    }
    if (entry.node->find("service") != nullptr && entry.labels["app"] != service)
      loading_.problem(*entry.node, "found the label app: " + entry.labels["app"] + " for pods of " + quote(service) +
                                        ", expected app: " + service + ", which the service selects");
    entry.host = place;
    loading_.hosts[*place].members.push_back(static_cast<std::size_t>(&entry - loading_.services.data()));
  }

  HostEntry& add_host(const std::string& name, const std::string& name_space, const Place& place) {
    HostEntry& host = loading_.hosts.emplace_back();
    host.name = name_space == "default" ? name : name + "." + name_space;
    host.full = name + "." + name_space + kServiceDomain;
    host.name_space = name_space;
    host.place = place;
    host.vip = kServiceNetwork + static_cast<std::uint32_t>(loading_.hosts.size());
    loading_.hosts_by_name.emplace(host.full, loading_.hosts.size() - 1);
    loading_.host_names.push_back(host.name);
    return host;
  }

  std::vector<ServicePort> ports_of(const Node& node) {
    std::vector<ServicePort> ports;
    for (const Node& port : items_of(node.find("ports"), Node::Kind::list)) {
      const std::string protocol = read_text(&port, "protocol", "http");
      const auto number = static_cast<std::uint16_t>(read_integer(&port, "port", 0));
      const std::string name = read_text(&port, "name", protocol);
      for (const ServicePort& other : ports) {
        if (other.port == number)
          loading_.problem(port, "found port " + std::to_string(number) + " twice, expected it once");
        if (other.name == name)
          loading_.problem(port, "found a second port named " + quote(name) + ", expected each name once");
      }
      ports.push_back({name, number, protocol});
    }
    if (ports.empty()) ports.push_back({"http", 8080, "http"});
    return ports;
  }

  void add_documents() {
    for (const KubeWorkload& workload : loading_.resources.workloads) {
      ServiceEntry& entry = add(workload.meta.name, workload.meta.name_space, workload.meta.place);
      entry.document = &workload;
      const auto behaviour = behaviour_of_.find(&workload);
      if (behaviour != behaviour_of_.end()) entry.node = behaviour->second;
      entry.labels = workload.pod_labels;
      entry.account = workload.service_account;
    }
  }

  void add_service_documents() {
    for (const KubeService& service : loading_.resources.services) {
      HostEntry& host = add_host(service.meta.name, service.meta.name_space, service.meta.place);
      const std::size_t place = loading_.hosts.size() - 1;
      host.document = &service;
      host.selector = service.selector;
      const auto label = service.meta.labels.find(kWaypointLabel);
      host.waypoint = label == service.meta.labels.end() ? loading_.mesh.waypoint : label->second;
      for (std::size_t i = 0; i < loading_.services.size(); ++i) {
        ServiceEntry& entry = loading_.services[i];
        if (service.selector.empty() || entry.name_space != host.name_space || !selects(service.selector, entry.labels))
          continue;
        host.members.push_back(i);
        const auto app = entry.labels.find("app");
        if (!entry.host || (app != entry.labels.end() && app->second == service.meta.name)) entry.host = place;
      }
      for (const KubeServicePort& port : service.ports)
        host.ports.push_back({port.name, port.port, port.protocol, target_of(port, host)});
    }
  }

  std::uint16_t target_of(const KubeServicePort& port, const HostEntry& host) const {
    if (port.target_port != 0) return port.target_port;
    for (const std::size_t member : host.members) {
      const KubeWorkload* document = loading_.services[member].document;
      if (document == nullptr) continue;
      for (const ContainerPort& named : document->ports)
        if (!port.target_name.empty() && named.name == port.target_name) return named.port;
    }
    return port.port;
  }

  void add_external_hosts() {
    for (const ServiceEntryResource& resource : loading_.resources.service_entries) {
      for (const std::string& name : resource.hosts) {
        if (name.find('*') != name.npos || loading_.find_host(name)) continue;
        HostEntry& host = loading_.hosts.emplace_back();
        host.name = host.full = name;
        host.name_space = resource.meta.name_space;
        host.place = resource.meta.place;
        host.external = true;
        host.vip = kExternalNetwork + ++external_hosts_;
        if (!resource.addresses.empty()) {
          const std::uint32_t given = parse_socket_address(resource.addresses.front() + ":1").ip;
          if (given != 0) host.vip = given;
        }
        for (const ServiceEntryPort& port : resource.ports)
          host.ports.push_back({port.name, port.number, port.protocol, port.target_port});
        loading_.hosts_by_name.emplace(name, loading_.hosts.size() - 1);
        loading_.host_names.push_back(name);
      }
    }
  }

  // How many pods the timeline will want at most.
  void read_scales() {
    for (const Node& node : items_of(loading_.root.find("timeline"), Node::Kind::list)) {
      const Node* scale = node.find("scale");
      const std::vector<std::size_t> places = loading_.workloads(child(scale, "service"));
      const Node* zone = child(scale, "zone");
      const auto found = zone == nullptr ? loading_.zones.end() : loading_.zones.find(zone->text);
      const std::int64_t pods = read_integer(scale, "pods", 0);
      if (places.size() != 1 || found == loading_.zones.end() || pods < 0 || pods > kPodsMost) continue;
      auto& most = scales_[{places.front(), found->second}];
      most = std::max(most, static_cast<std::uint32_t>(pods));
    }
  }

  void complete(ServiceEntry& service) {
    const std::size_t index = static_cast<std::size_t>(&service - loading_.services.data());
    const Node* counts = child(service.node, "pods");
    if (counts != nullptr && counts->kind == Node::Kind::map) {
      read_counts(service, *counts);
    } else if (service.document != nullptr) {
      spread(service);
    }
    for (const auto& [place, most] : scales_) {
      if (place.first != index) continue;
      const auto group = std::find_if(service.pods.begin(), service.pods.end(),
                                      [&](const PodGroup& pods) { return pods.zone == place.second; });
      if (group == service.pods.end())
        service.pods.push_back({place.second, 0, most, 0});
      else
        group->planned = std::max(group->planned, most);
    }
    for (PodGroup& group : service.pods) {
      group.first = loading_.workload_pods;
      const bool was_within = loading_.workload_pods <= static_cast<std::size_t>(kPodsMost);
      loading_.workload_pods += group.planned;
      if (was_within && loading_.workload_pods > static_cast<std::size_t>(kPodsMost))
        loading_.problems.add(place_of(service, group), "found " + std::to_string(loading_.workload_pods) +
                                                            " pods in all up to here, expected at most " +
                                                            std::to_string(kPodsMost));
    }
    listen(service);
  }

  Place place_of(const ServiceEntry& service, const PodGroup& group) const {
    const Node* count = child(child(service.node, "pods"), loading_.zone_names[group.zone]);
    return count == nullptr ? service.place : count->place();
  }

  void read_counts(ServiceEntry& service, const Node& counts) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < counts.items.size(); ++i) {
      const auto zone = loading_.zone(&counts.keys[i]);
      // A malformed count has been reported: one pod stands for it, so that what refers to it is understood.
      const auto wanted = read(&counts, counts.keys[i].text, std::int64_t{1}, parse_integer);
      const auto count = static_cast<std::uint32_t>(wanted >= 1 && wanted <= kPodsMost ? wanted : 1);
      if (zone) service.pods.push_back({*zone, count, count, 0});
      sum += count;
    }
    if (service.document != nullptr && sum != service.document->replicas)
      loading_.scenario.warnings.push_back(counts.place().file + ":" + std::to_string(counts.line) + ": " +
                                           std::to_string(sum) + " pods of " + service.name + ", which has " +
                                           std::to_string(service.document->replicas) + " replicas");
  }

  // Where its node selector says, or over all zones in turn.
  void spread(ServiceEntry& service) {
    const KubeWorkload& document = *service.document;
    const std::size_t zones = loading_.zone_names.size();
    if (zones == 0) return;
    if (const auto label = document.node_selector.find(kZoneLabel); label != document.node_selector.end()) {
      const auto zone = loading_.zones.find(label->second);
      if (zone == loading_.zones.end())
        loading_.problems.add(service.place, "found the node selector " + std::string(kZoneLabel) + ": " +
                                                 label->second + ", expected the name of a zone" +
                                                 suggestion(label->second, loading_.zone_names));
      else
        service.pods.push_back({zone->second, document.replicas, document.replicas, 0});
      return;
    }
    for (std::size_t zone = 0; zone < std::min<std::size_t>(zones, document.replicas); ++zone) {
      const auto count = static_cast<std::uint32_t>((document.replicas - zone + zones - 1) / zones);
      service.pods.push_back({zone, count, count, 0});
    }
  }

  // On which port its pods answer: what its Service sends to, and its container says.
  void listen(ServiceEntry& service) {
    if (service.document != nullptr && !service.document->ports.empty())
      service.port = service.document->ports.front().port;
    if (!service.host || loading_.hosts[*service.host].ports.empty()) return;
    const std::vector<ServicePort>& ports = loading_.hosts[*service.host].ports;
    const auto number = [](const ServicePort& port) { return port.target_port != 0 ? port.target_port : port.port; };
    const auto known =
        std::find_if(ports.begin(), ports.end(), [&](const ServicePort& port) { return number(port) == service.port; });
    const ServicePort& served = service.document == nullptr || known == ports.end() ? ports.front() : *known;
    service.port = number(served);
    service.protocol = served.protocol;
  }

  Loading& loading_;
  const Node* entries_;
  std::map<const KubeWorkload*, const Node*> behaviour_of_;
  std::set<const Node*> described_;  // entries that speak of documents
  std::map<std::pair<std::size_t, std::size_t>, std::uint32_t> scales_;
  std::uint32_t external_hosts_ = 0;
};

}  // namespace

std::uint16_t Loading::pod_port(const HostEntry& host, std::uint16_t port) const {
  for (const ServicePort& served : host.ports)
    if (served.port == port && served.target_port != 0) return served.target_port;
  return port;
}

void load_workloads(Loading& loading) {
  const Node* services = loading.root.find("services");
  const std::size_t count = items_of(services, Node::Kind::map).size();
  if (count > static_cast<std::size_t>(kServicesMost)) {
    loading.problem(*services,
                    "found " + std::to_string(count) + " services, expected at most " + std::to_string(kServicesMost));
    return;
  }
  loading.services.reserve(count + loading.resources.workloads.size());
  WorkloadLoader(loading).run();
}

}  // namespace meshtwin
