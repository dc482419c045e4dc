// What must hold of a run: each metric with the unit of its bounds and the keys it needs.

#include <algorithm>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/telemetry/record.h"
#include "scenarios/language.h"
#include "scenarios/loading.h"

namespace meshtwin {

namespace {

using Metric = Expectation::Metric;
enum class Unit { share, milliseconds, count, number, seconds };

struct MetricRow {
  const char* name;
  Metric metric;
  Unit unit;
  bool service = false, zone = false, reason = false;  // keys that go with it; service and zone are then required
  bool load = false;                                   // likewise, not required
  bool from = false;
  bool version = false, pod = false, status = false;  // required
  bool lane = false;                                  // of lanes
};

constexpr MetricRow kMetrics[] = {
    {"success_rate", Metric::success_rate, Unit::share, false, false, false, true},
    {"zone_share", Metric::zone_share, Unit::share, true, true, false},
    {"latency_mean", Metric::latency_mean, Unit::milliseconds, false, false, false, true},
    {"latency_p50", Metric::latency_p50, Unit::milliseconds, false, false, false, true},
    {"latency_p90", Metric::latency_p90, Unit::milliseconds, false, false, false, true},
    {"latency_p99", Metric::latency_p99, Unit::milliseconds, false, false, false, true},
    {"latency_p999", Metric::latency_p999, Unit::milliseconds, false, false, false, true},
    {"latency_max", Metric::latency_max, Unit::milliseconds, false, false, false, true},
    {"requests", Metric::requests, Unit::count, false, false, false, true},
    {"failed", Metric::failed, Unit::count, false, false, true, true},
    {"failover", Metric::failover, Unit::seconds, true, false, false},
    {"version_share", Metric::version_share, Unit::share, true, false, false, false, true, true},
    {"pod_share", Metric::pod_share, Unit::share, true, false, false, false, true, false, true},
    {"status_share", Metric::status_share, Unit::share, false, false, false, true, false, false, false, true},
    {"attempts", Metric::attempts, Unit::count, true, false, false, false, true},
    {"amplification", Metric::amplification, Unit::number, true, false, false, true, true},
    {"convergence", Metric::convergence, Unit::seconds, false, false, false},
    {.name = "lane_switches", .metric = Metric::lane_switches, .unit = Unit::count, .load = true, .lane = true},
    {.name = "lane_share", .metric = Metric::lane_share, .unit = Unit::share, .load = true, .lane = true},
    {"model_error_p50", Metric::model_error_p50, Unit::share, false, false, false},
    {"model_error_p90", Metric::model_error_p90, Unit::share, false, false, false},
    {"model_error_p99", Metric::model_error_p99, Unit::share, false, false, false},
    {"model_error_mesh_added_p50", Metric::model_error_mesh_added_p50, Unit::share, false, false, false},
    {"model_error_mesh_added_p90", Metric::model_error_mesh_added_p90, Unit::share, false, false, false},
    {"model_error_mesh_added_p99", Metric::model_error_mesh_added_p99, Unit::share, false, false, false},
    {"model_error_distance", Metric::model_error_distance, Unit::share, false, false, false},
    {"model_error_share", Metric::model_error_share, Unit::share, false, false, false},
    {"model_error_success", Metric::model_error_success, Unit::share, false, false, false},
    {"model_error_failover", Metric::model_error_failover, Unit::share, true, false, false},
};

const char* expected_unit(Unit unit) {
  switch (unit) {
    case Unit::share:
      return "a share, such as 99.5%";
    case Unit::count:
      return "a whole number";
    case Unit::number:
      return "a number, such as 1.2";
    default:
      return "a time, such as 40ms";
  }
}

std::optional<double> in_unit(Unit unit, const Node& value) {
  switch (unit) {
    case Unit::share:
      return parse_share(value.text).value;
    case Unit::count: {
      const auto count = parse_integer(value.text).value;
      return count && is_number(value) ? std::optional(static_cast<double>(*count)) : std::nullopt;
    }
    case Unit::number:
      return is_number(value) ? parse_number(value.text).value : std::nullopt;
    case Unit::milliseconds:
    case Unit::seconds:
      break;
  }
  const auto time = parse_time(value.text).value;
  if (!time) return std::nullopt;
  return static_cast<double>(*time) / static_cast<double>(unit == Unit::seconds ? kSecond : kMillisecond);
}

class ExpectationReader {
 public:
  ExpectationReader(Loading& loading, const Node& node, const MetricRow& row)
      : loading_(loading), node_(node), row_(row) {}

  void read() {
    out_.metric = row_.metric;
    out_.text = row_.name;
    read_subject();
    out_.at_least = read_bound("at_least", " at least ");
    out_.at_most = read_bound("at_most", " at most ");
    if (node_.find("at_least") == nullptr && node_.find("at_most") == nullptr)
      loading_.problem(node_, "found no bound, expected at_least or at_most");
    if (out_.at_least && out_.at_most && *out_.at_least > *out_.at_most)
      loading_.problem(*node_.find("at_most"), "found " + node_.find("at_most")->text + ", expected at least " +
                                                   node_.find("at_least")->text + ", which is at_least");
    if (const Node* during = node_.find("during")) read_during(*during);
    if (out_.of_model()) check_model_error();
    loading_.scenario.expect.push_back(std::move(out_));
  }

 private:
  void check_model_error() {
    if (const Node* during = node_.find("during"))
      loading_.problem(*during, std::string("found during beside metric: ") + row_.name +
                                    ", which is of the whole run, expected no such key");
    if (const Node* least = node_.find("at_least"))
      loading_.problem(*least, std::string("found at_least beside metric: ") + row_.name +
                                   ", of which less is better, expected at_most");
  }

  // Whether the key is there, having been asked for.
  bool wanted(const char* key, bool belongs, bool required) {
    const Node* value = node_.find(key);
    if (value != nullptr && !belongs)
      loading_.problem(*value, std::string("found ") + key + " beside metric: " + row_.name +
                                   ", which takes none, expected no such key");
    if (value == nullptr && required)
      loading_.problem(node_, std::string("found ") + row_.name + " without " + key + ", expected one");
    return value != nullptr && belongs;
  }

  void read_subject() {
    if (wanted("service", row_.service, row_.service)) {
      const auto host = loading_.host(node_.find("service"));
      out_.service = read_text(&node_, "service");
      out_.text += " " + out_.service;
      if (host) out_.service = loading_.hosts[*host].name;
      if (row_.zone && host) check_pods_in_zone(loading_.hosts[*host]);
    }
    read_attempts_subject();
    read_requests_subject();
    if (wanted("zone", row_.zone, row_.zone)) {
      loading_.zone(node_.find("zone"));
      out_.zone = read_text(&node_, "zone");
      out_.text += " " + out_.zone;
    }
    read_lanes();
    if (wanted("reason", row_.reason, false)) {
      out_.reason = read_text(&node_, "reason");
      out_.text += " " + out_.reason;
      const std::vector<std::string> known(kFailureNames.begin() + 1, kFailureNames.end());
      if (std::count(known.begin(), known.end(), out_.reason) == 0)
        loading_.problem(*node_.find("reason"), "found " + quote(out_.reason) + ", expected one of " + listing(known) +
                                                    suggestion(out_.reason, known));
    }
  }

  void read_lanes() {
    if (wanted("lane", row_.lane, row_.metric == Metric::lane_share)) {
      out_.lane = read_text(&node_, "lane");
      out_.text += " " + out_.lane;
    }
    if (wanted("baseline", row_.lane, false)) out_.baseline = read_text(&node_, "baseline");
    if (row_.lane && loading_.mesh.sidecar.tracing.sampling <= 0)
      loading_.problem(node_, std::string("found ") + row_.name +
                                  " in a scenario without traces, expected mesh.tracing.sampling above 0 %");
  }

  void check_pods_in_zone(const HostEntry& host) {
    const Node* name = node_.find("zone");
    const auto found = name == nullptr ? loading_.zones.end() : loading_.zones.find(name->text);
    if (found == loading_.zones.end() || host.members.empty()) return;  // reported by whoever looks the zone up
    for (const std::size_t member : host.members) {
      const std::vector<PodGroup>& pods = loading_.services[member].pods;
      if (pods.empty()) return;
      if (std::any_of(pods.begin(), pods.end(), [&](const PodGroup& group) { return group.zone == found->second; }))
        return;
    }
    loading_.problem(*name, "found " + quote(name->text) + ", expected a zone in which " + host.name + " has pods");
  }

  void read_attempts_subject() {
    const auto host = loading_.find_host(out_.service);
    if (wanted("version", row_.version, row_.version)) {
      out_.version = read_text(&node_, "version");
      out_.text += " " + out_.version;
      if (host) check_version(loading_.hosts[*host]);
    }
    if (wanted("pod", row_.pod, row_.pod)) {
      out_.pod = read_text(&node_, "pod");
      out_.text += " " + out_.pod;
      if (host) check_pod(loading_.hosts[*host]);
    }
    if (wanted("from", row_.from, false)) {
      out_.from = read_text(&node_, "from");
      out_.text += " from " + out_.from;
      check_from();
    }
  }

  void expect_one_of(const char* key, const std::string& found, const std::vector<std::string>& known,
                     const std::string& what) {
    if (loading_.problems.full() || std::count(known.begin(), known.end(), found) > 0) return;
    loading_.problem(*node_.find(key), "found " + quote(found) + ", expected " + what + " (" + listing(known, 12) +
                                           ")" + suggestion(found, known));
  }

  void check_version(const HostEntry& host) {
    std::vector<std::string> known;
    for (const std::size_t member : host.members) {
      const Labels& labels = loading_.services[member].labels;
      if (const auto label = labels.find("version"); label != labels.end()) known.push_back(label->second);
    }
    expect_one_of("version", out_.version, known, "the label version of pods of " + host.name);
  }

  void check_pod(const HostEntry& host) {
    std::vector<std::string> known;
    for (const std::size_t member : host.members) {
      const ServiceEntry& service = loading_.services[member];
      for (const PodGroup& group : service.pods)
        for (std::uint32_t n = 0; n < std::min<std::uint32_t>(group.planned, kPodsMost); ++n)
          known.push_back(service.pods_name() + "-" + loading_.zone_names[group.zone] + "-" + std::to_string(n));
    }
    expect_one_of("pod", out_.pod, known, "the name of a pod of " + host.name);
  }

  void check_from() {
    if (const auto host = loading_.find_host(out_.from)) {
      out_.from = loading_.hosts[*host].name;
      return;
    }
    std::vector<std::string> known = loading_.host_names;
    for (const LoadEntry& load : loading_.loads) known.push_back(load.pod);
    for (const ProxyEntry& gateway : loading_.mesh.gateways) known.push_back(gateway.name);
    expect_one_of("from", out_.from, known, "the name of a service, a load or a gateway");
  }

  void read_requests_subject() {
    if (wanted("status", row_.status, row_.status)) {
      out_.status = static_cast<std::uint16_t>(read_integer(&node_, "status", 0));
      out_.text += " " + std::to_string(out_.status);
    }
    if (!wanted("load", row_.load, false)) return;
    const std::string name = read_text(&node_, "load");
    out_.text += " of load " + name;
    std::vector<std::string> known;
    for (const LoadEntry& load : loading_.loads) {
      known.push_back(load.pod);
      if (name == load.pod || name == std::to_string(load.config.index)) out_.load = load.config.index;
    }
    if (!out_.load) expect_one_of("load", name, known, "the name of a load or its place");
  }

  std::optional<double> read_bound(const char* key, const char* words) {
    const Node* value = node_.find(key);
    if (value == nullptr || value->kind != Node::Kind::scalar) return std::nullopt;
    const auto bound = in_unit(row_.unit, *value);
    if (!bound)
      loading_.problem(*value,
                       "found " + describe(*value) + " for " + row_.name + ", expected " + expected_unit(row_.unit));
    out_.text += words + value->text;
    return bound;
  }

  void read_during(const Node& during) {
    if (during.kind != Node::Kind::list || during.items.size() != 2) return;
    const auto begin = parse_time(during.items[0].text).value, end = parse_time(during.items[1].text).value;
    if (!begin || !end) return;
    out_.begin = *begin;
    out_.end = *end;
    out_.text += " during " + format_time(*begin) + ".." + format_time(*end);
    const Duration duration = loading_.scenario.plan.duration;
    if (*end <= *begin)
      loading_.problem(during.items[1],
                       "found " + format_time(*end) + ", expected a time after " + format_time(*begin));
    else if (duration > 0 && *end > duration)
      loading_.problem(during.items[1],
                       "found " + format_time(*end) + ", expected at most the duration, " + format_time(duration));
  }

  Loading& loading_;
  const Node& node_;
  const MetricRow& row_;
  Expectation out_;
};

}  // namespace

void load_expectations(Loading& loading) {
  for (const Node& node : items_of(loading.root.find("expect"), Node::Kind::list)) {
    if (loading.problems.full()) return;
    const std::string name = read_text(&node, "metric");
    for (const MetricRow& row : kMetrics)
      if (row.name == name) ExpectationReader(loading, node, row).read();
  }
}

}  // namespace meshtwin
