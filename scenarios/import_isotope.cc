#include "scenarios/import_isotope.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/units.h"
#include "mesh/resource/yaml.h"
#include "scenarios/language.h"

namespace meshtwin {

namespace {

struct Defaults {
  std::int64_t request = 0;
  std::int64_t response = 0;
  std::int64_t replicas = 1;
  double error_rate = 0;
  const Node* script = nullptr;
};

// Isotope ignores keys that it does not know, and so does this. Its reader takes sizes and shares in several spellings.
class Importer {
 public:
  Importer(const Node& root, IsotopeOptions options, ProblemList& problems)
      : root_(root), options_(options), problems_(problems) {}

  std::string run(const std::string& path) {
    const Node* services = root_.find("services");
    if (services == nullptr || services->kind != Node::Kind::list || services->items.empty()) {
      problem(services == nullptr ? root_ : *services, "found no list of services, expected an isotope service graph");
      return {};
    }
    read_defaults();
    read_names(*services);
    for (const Node& service : services->items) add_service(service);
    if (entries_.empty())
      problem(*services, "found no service with isEntrypoint: true, expected one that takes the load");
    return header(path) + services_ + load();
  }

 private:
  void problem(const Node& at, const std::string& message) { problems_.add(at.place(), message); }

  void read_defaults() {
    const Node* defaults = root_.find("defaults");
    if (defaults == nullptr) return;
    defaults_.request = size_at(*defaults, "requestSize", 0);
    defaults_.response = size_at(*defaults, "responseSize", 0);
    defaults_.replicas = count_at(*defaults, 1);
    defaults_.error_rate = share_at(*defaults, "errorRate", 0);
    defaults_.script = defaults->find("script");
  }

  void read_names(const Node& services) {
    for (const Node& service : services.items) {
      const Node* name = service.find("name");
      if (name == nullptr || name->kind != Node::Kind::scalar) {
        problem(service, "found a service without name, expected one");
      } else if (!known_.emplace(name->text, names_.size()).second) {
        problem(*name, "found a second service " + quote(name->text) + ", expected each name once");
      } else {
        names_.push_back(name->text);
      }
    }
  }

  // "10K", "1 KB", "16KiB", 128: prefixes are powers of 1024, with or without blank, i and B.
  std::int64_t size_at(const Node& node, std::string_view key, std::int64_t otherwise) {
    const Node* value = node.find(key);
    if (value == nullptr) return otherwise;
    const std::size_t digits = std::min(value->text.find_first_not_of("0123456789"), value->text.size());
    const auto number = parse_integer(value->text.substr(0, digits)).value;
    std::string unit = value->text.substr(digits);
    unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
    if (unit.ends_with('B')) unit.pop_back();
    if (unit.ends_with('i')) unit.pop_back();
    static const std::map<std::string, int> kShifts = {{"", 0}, {"K", 10}, {"k", 10}, {"M", 20}, {"G", 30}};
    const auto shift = kShifts.find(unit);
    if (number && shift != kShifts.end() && *number <= (std::int64_t{1} << 30 >> shift->second))
      return *number << shift->second;
    problem(*value, "found " + describe(*value) + ", expected a size of at most 1GiB, such as 128 or 1 KB");
    return otherwise;
  }

  // "5%" or a number from 0 to 1.
  double share_at(const Node& node, std::string_view key, double otherwise) {
    const Node* value = node.find(key);
    if (value == nullptr) return otherwise;
    const auto share = value->text.ends_with('%') ? parse_share(value->text) : parse_number(value->text);
    if (share.value && *share.value <= 1) return *share.value;
    problem(*value, "found " + describe(*value) + ", expected a share from 0 to 1 or in %");
    return otherwise;
  }

  std::int64_t count_at(const Node& node, std::int64_t otherwise) {
    const Node* value = node.find("numReplicas");
    if (value == nullptr) return otherwise;
    const auto count = parse_integer(value->text).value;
    if (count && *count >= 1 && *count <= kPodsMost) return *count;
    problem(*value,
            "found " + describe(*value) + ", expected a number of replicas from 1 to " + std::to_string(kPodsMost));
    return otherwise;
  }

  void add_service(const Node& node) {
    const std::string name = read_text(&node, "name");
    if (name.empty()) return;
    if (read_boolean(&node, "isEntrypoint", false)) entries_.push_back(name);
    const std::int64_t replicas = options_.replicas > 0 ? options_.replicas : count_at(node, defaults_.replicas);
    const std::int64_t in_b = options_.zones > 1 ? replicas / 2 : 0;
    services_ += "  " + name + ":\n    pods: {zone-a: " + std::to_string(replicas - in_b);
    if (in_b > 0) services_ += ", zone-b: " + std::to_string(in_b);
    services_ += "}\n    workers: 64\n";
    add_handler(node);
    const std::int64_t response = size_at(node, "responseSize", defaults_.response);
    if (response > 0) services_ += "    response: " + format_size(response) + "\n";
    if (read_text(&node, "type") == "grpc") services_ += "    # in isotope it speaks gRPC; here HTTP\n";
  }

  void add_handler(const Node& node) {
    std::vector<std::string> steps;
    // The error rate comes first: a request that meets it runs no script.
    if (const double rate = share_at(node, "errorRate", defaults_.error_rate); rate > 0)
      steps.push_back("{fail: " + format_share(rate) + "}");
    const Node* script = node.find("script") != nullptr ? node.find("script") : defaults_.script;
    for (const Node& step : items_of(script, Node::Kind::list)) {
      if (step.kind == Node::Kind::list) {
        add_parallel(step, steps);
      } else {
        add_command(step, steps);
      }
    }
    if (steps.empty()) return;
    services_ += "    handler:\n";
    for (const std::string& step : steps) services_ += "    - " + step + "\n";
  }

  void add_command(const Node& command, std::vector<std::string>& steps) {
    if (const Node* sleep = command.find("sleep")) {
      if (const auto time = sleep_of(*sleep)) steps.push_back("{compute: " + format_time(*time) + "}");
    } else if (const Node* call = command.find("call")) {
      if (const std::string text = call_of(*call); !text.empty()) steps.push_back("{call: " + text + "}");
    } else {
      problem(command, "found " + describe(command) + ", expected {sleep: …} or {call: …}");
    }
  }

  std::optional<Duration> sleep_of(const Node& sleep) {
    const auto time = parse_go_duration(sleep.text);
    if (!time.value) problem(sleep, "found " + describe(sleep) + " (" + time.why + "), expected a time, such as 100ms");
    return time.value;
  }

  // Sleeps among concurrent calls: the step takes as long as its slowest command, so a sleep that is alone in its list
  // is kept and one beside calls is not expressible.
  void add_parallel(const Node& list, std::vector<std::string>& steps) {
    std::string calls;
    Duration longest = 0;
    for (const Node& command : list.items) {
      if (const Node* call = command.find("call")) {
        if (const std::string text = call_of(*call); !text.empty()) calls += (calls.empty() ? "" : ", ") + text;
      } else if (const Node* sleep = command.find("sleep")) {
        longest = std::max(longest, sleep_of(*sleep).value_or(0));
      } else {
        problem(command,
                "found " + describe(command) + ", expected {sleep: …} or {call: …}: concurrent lists do not nest");
      }
    }
    if (longest > 0 && !calls.empty())
      problem(list, "found a sleep concurrent with calls, expected either: a scenario cannot say that");
    if (longest > 0) steps.push_back("{compute: " + format_time(longest) + "}");
    if (!calls.empty()) steps.push_back("{parallel: [" + calls + "]}");
  }

  std::string call_of(const Node& call) {
    const Node* service = call.kind == Node::Kind::map ? call.find("service") : &call;
    if (service == nullptr || service->kind != Node::Kind::scalar || known_.count(service->text) == 0) {
      const Node& at = service == nullptr ? call : *service;
      problem(at, "found a call of " + describe(at) + ", expected the name of a service" +
                      suggestion(at.kind == Node::Kind::scalar ? at.text : "", names_));
      return {};
    }
    const std::int64_t request =
        call.kind == Node::Kind::map ? size_at(call, "size", defaults_.request) : defaults_.request;
    const Node* probability = call.find("probability");
    if (request == 0 && probability == nullptr) return service->text;
    std::string text = "{service: " + service->text;
    if (request > 0) text += ", request: " + format_size(request);
    if (probability != nullptr) {
      const auto percent = parse_integer(probability->text).value;
      if (!percent || *percent < 1 || *percent > 100)
        problem(*probability, "found " + describe(*probability) + ", expected a percentage from 1 to 100");
      text += ", probability: " + probability->text + "%";
    }
    return text + "}";
  }

  std::string header(const std::string& path) const {
    const std::string stem = std::filesystem::path(path).stem().string();
    std::string name;
    for (const char c : stem) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (plain || (!name.empty() && name.back() != '-')) name += plain ? c : '-';
    }
    name.resize(std::min<std::size_t>(name.size(), 60));
    while (name.ends_with('-')) name.pop_back();
    return "# Imported from the isotope service graph " + std::filesystem::path(path).filename().string() +
           ". Isotope knows no zones and computes nothing:\n# its replicas are " +
           (options_.zones > 1 ? "spread over two zones" : "in one zone") + " here, the load is a guess.\n\n" +
           "schema: 1\nname: " + (name.empty() ? "isotope" : name) + "\nduration: 30s\n\ntopology:\n" +
           (options_.zones > 1
                ? "  zones: {zone-a: {}, zone-b: {}}\n  links:\n  - {between: [zone-a, zone-b], rtt: 1ms}\n"
                : "  zones: {zone-a: {}}\n") +
           "\nmesh: {mode: sidecar}\n\nservices:\n";
  }

  std::string load() const {
    std::string text = "\nload:\n";
    const std::string request = defaults_.request > 0 ? ", request: " + format_size(defaults_.request) : std::string();
    for (const std::string& name : entries_) text += "- {from: zone-a, to: " + name + ", rate: 20/s" + request + "}\n";
    return text + "\nexpect:\n- {metric: success_rate, at_least: 99%}\n";
  }

  const Node& root_;
  const IsotopeOptions options_;
  ProblemList& problems_;
  Defaults defaults_;
  std::map<std::string, std::size_t> known_;
  std::vector<std::string> names_, entries_;
  std::string services_;
};

}  // namespace

std::string import_isotope(const std::string& path, IsotopeOptions options) {
  ProblemList problems;
  if (options.replicas > kPodsMost) {
    problems.add({"--replicas", 0, 0},
                 "found " + std::to_string(options.replicas) + ", expected at most " + std::to_string(kPodsMost));
    problems.throw_if_any();
  }
  const std::vector<Node> documents = read_yaml(read_text_file(path, kYamlBytesMost), path, problems);
  problems.throw_if_any();
  if (documents.size() != 1) {
    problems.add({path, 1, 1},
                 "found " + std::to_string(documents.size()) + " documents, expected one isotope service graph");
    problems.throw_if_any();
  }
  std::string text = Importer(documents.front(), options, problems).run(path);
  problems.throw_if_any();
  return text;
}

}  // namespace meshtwin
