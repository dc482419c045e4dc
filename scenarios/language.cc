#include "scenarios/language.h"

#include "mesh/base/time.h"

namespace meshtwin {

namespace {

using Kind = Shape::Kind;

constexpr Duration kLongest = 24 * 3600 * kSecond;

ShapePtr name() {
  return scalar(Kind::name);
}
ShapePtr text() {
  return scalar(Kind::text);
}
ShapePtr boolean() {
  return scalar(Kind::boolean);
}
ShapePtr share() {
  return scalar(Kind::share);
}
ShapePtr time(Duration least = 0) {
  return quantity(Kind::time, least, kLongest);
}
ShapePtr size() {
  return quantity(Kind::size, 0, std::int64_t{1} << 30);
}
ShapePtr port() {
  return integer(1, 65535);
}

std::vector<Field> link_fields(bool rtt_required) {
  return {{"rtt", time(), rtt_required, "round-trip time; each direction delays by half of it"},
          {"jitter", time(), false, "added to each packet one way, uniform from 0 to this; order is kept"},
          {"loss", share(), false, "share of 1448-byte segments lost, each way"},
          {"bandwidth", quantity(Kind::bandwidth, 1000, 1'000'000'000'000), false, "each way; default: unlimited"}};
}

ShapePtr zone_pair() {
  return list_of(name(), 2, 2);
}

ShapePtr topology() {
  const ShapePtr node = object({{"name", name(), false, "default: ZONE-node-N"},
                                {"cores", integer(1, 1024), false, "of its own, in the simulator"}});
  const ShapePtr zone = object({{"region", name(), false, "default: region-1"},
                                {"nodes", choice({integer(1, 1000), list_of(node, 1, 1000)}), false, "default: 1"},
                                {"cores", integer(1, 1024), false,
                                 "of each of its nodes, in the simulator; default: all nodes share the host's"}});
  std::vector<Field> link = link_fields(true);
  link.insert(link.begin(), {"between", zone_pair(), true, "two zones"});
  return object({{"zones", map_of(name(), zone, 1), true, "by name"},
                 {"links", list_of(object(std::move(link))), false, "what joins the zones"}});
}

ShapePtr zone_counts() {
  return map_of(text(), integer(1, kPodsMost), 1);
}

ShapePtr mesh() {
  return object(
      {{"mode", word({"none", "sidecar", "ambient"}), true, "none: applications talk to each other directly"},
       {"mtls", word({"disable", "permissive", "strict"}), false,
        "between sidecars; default disable. Ambient always has it"},
       {"capture", word({"nftables", "ebpf"}), false,
        "what turns a pod's TCP to its proxy; default nftables, ebpf with acceleration"},
       {"acceleration", word({"none", "ebpf"}), false,
        "ebpf: what is written inside a pod or a node goes from socket to socket, round TCP; default none"},
       {"without_ebpf", word({"fail", "continue"}), false,
        "where the host cannot load eBPF programs: fail (default), or continue with nftables and TCP"},
       {"private_key_provider",
        object({{"poll_delay", time(kMicrosecond), true, "a batch is signed so long after its first was asked for"},
                {"batch", integer(1, 64), false, "or when there are so many; default 8"}}),
        false, "signs the proxies' TLS handshakes in batches, as CryptoMB does; default: each at once"},
       {"access_log", choice({boolean(), word({"text", "json"})}), false,
        "a line for each request of each proxy that looks into HTTP, in access.log; true: text. Default false"},
       {"metrics",
        object(
            {{"interval", time(), false, "between two writings of what has changed; 0s: only at the end; default 5s"}}),
        false, "how the metrics of proxies, workloads and control plane are kept over time"},
       {"tracing",
        object({{"sampling", share(), false, "of the requests, those that are written down as spans; default 5%"},
                {"propagation", word({"w3c", "b3", "b3multi"}), false,
                 "the headers of traces that begin in the run: traceparent (default), b3, or x-b3-*"}}),
        false, "who did what for a request, and when"},
       {"extra_delay", time(), false,
        "for so long every proxy that looks into HTTP holds each request back; default 0s"},
       {"zone_aware", boolean(), false,
        "proxies of services keep to their own zones as far as that overloads nobody, where no rule ranks or weighs "
        "localities; default false"},
       {"labels", map_of(text(), text()), false, "of the namespace: istio.io/use-waypoint"},
       {"waypoints", map_of(name(), object({{"pods", zone_counts(), true, "how many in each zone"}}), 0), false,
        "in ambient mode, by name"},
       {"gateways",
        map_of(
            name(),
            object(
                {{"pods", zone_counts(), true, "how many in each zone"},
                 {"ports", list_of(port(), 1, 16), false, "default: those of the Gateways that select it, else [80]"},
                 {"labels", map_of(text(), text()), false,
                  "of its pods, beside istio: NAME, app: NAME and gateway.networking.k8s.io/gateway-name: NAME"}}),
            0),
        false, "where traffic comes in from outside, by name"},
       {"control_plane", object({{"zone", name(), false, "default: the first"}}), false, "where it runs"},
       {"discovery",
        object({{"gone", time(kMillisecond), false, "a pod unheard of for this long is taken out; default 10s"},
                {"keepalive", time(kMillisecond), false, "a stream silent for two of these is broken; default 5s"},
                {"debounce", time(), false, "changes this close together are pushed as one; default 100ms"}}),
        false, "how the control plane follows the pods"},
       {"probe",
        object({{"interval", time(kMillisecond), false, "between readiness probes; default 1s"},
                {"failures", integer(1, 1000), false, "in a row make a pod unready; default 3"}}),
        false, "how a sidecar watches its application"}});
}

ShapePtr duration_model() {
  const ShapePtr bin = object({{"upto", time(1), true, "values lie between the bin before and this"},
                               {"share", share(), true, "of the values; all shares add up to 100%"}});
  const ShapePtr model = object({{"constant", time(), false, "always this"},
                                 {"uniform", object({{"low", time(), true, "least"}, {"high", time(), true, "most"}}),
                                  false, "evenly between two"},
                                 {"exponential", object({{"mean", time(1), true, "mean"}}), false, "memoryless"},
                                 {"lognormal",
                                  object({{"median", time(1), true, "median"},
                                          {"sigma", number_above(-1, 5), true, "deviation of the logarithm, up to 5"}}),
                                  false, "as service times mostly are"},
                                 {"histogram", list_of(bin, 1, 1000), false, "as measured"}},
                                {"constant", "uniform", "exponential", "lognormal", "histogram"});
  return choice({time(), model});
}

ShapePtr method() {
  return word({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"});
}

ShapePtr call() {
  return choice({text(), object({{"service", text(), true, "who is called, by any name that resolves"},
                                 {"port", port(), false, "default: the service's first"},
                                 {"method", method(), false, "default: POST with a body, else GET"},
                                 {"path", text(), false, "default /"},
                                 {"headers", map_of(text(), text()), false, "beside those that are forwarded"},
                                 {"request", size(), false, "body; default 0B"},
                                 {"probability", share(), false, "of the call being made; default 100%"}})});
}

ShapePtr handler_step() {
  const ShapePtr fail = choice({share(), object({{"probability", share(), true, "of failing"},
                                                 {"status", integer(400, 599), false, "default 500"}})});
  return object({{"compute", duration_model(), false, "holds a worker for a time"},
                 {"cpu", boolean(), false, "with compute: burns a core meanwhile; default false"},
                 {"call", call(), false, "one call, waited for"},
                 {"parallel", list_of(call(), 1, 10'000), false, "calls made at once; goes on when all have answered"},
                 {"fail", fail, false, "answers an error and stops, with a probability"}},
                {"compute", "call", "parallel", "fail"});
}

ShapePtr service() {
  const ShapePtr service_port = object({{"name", name(), false, "default: its protocol"},
                                        {"port", port(), true, "its number"},
                                        {"protocol", word({"http", "http2", "grpc", "tcp"}), false, "default http"}});
  return object(
      {{"pods", zone_counts(), false,
        "how many in each zone; default: as the Deployments, StatefulSets and Pods have it that the entry speaks of: "
        "those of its name, of a Service of its name, or with its name for their label app"},
       {"service", name(), false,
        "the Service that the pods belong to, and their label app; several entries are its versions. Default: the "
        "entry's name"},
       {"namespace", name(), false, "default: default"},
       {"node", name(), false, "for all its pods in that node's zone; default: one node after the other"},
       {"exec", list_of(text(), 1, 1000), false,
        "a program and its arguments, run unmodified in its pods; the simulator goes by the handler"},
       {"workers", integer(1, 1'000'000), false, "requests a pod works on at once; default 1; others queue"},
       {"handler", list_of(handler_step(), 0, 10'000), false, "what is done for a request, in order"},
       {"response", size(), false, "body of an answer; default 0B"},
       {"forward_headers", list_of(text(), 0, 100), false,
        "received headers that its calls carry on, beside those of traces, x-request-id and baggage"},
       {"calls_must_succeed", boolean(), false, "a failed call fails the request with 500; default true"},
       {"ports", list_of(service_port, 1, 64), false, "default: [{name: http, port: 8080}]; the first serves"},
       {"labels", map_of(text(), text()), false, "of its pods, beside app: NAME"},
       {"version", text(), false, "label version of its pods"},
       {"service_account", name(), false, "default: the service's name"}});
}

ShapePtr load() {
  const ShapePtr point = object({{"at", time(), true, "from when on"},
                                 {"rate", rate_above(-1), true, "requests; 0/s pauses"},
                                 {"ramp", boolean(), false, "in a straight line to the next point's rate"}});
  const ShapePtr file = object({{"file", text(), true, "CSV with the header time,rate"},
                                {"ramp", boolean(), false, "from each point to the next in a straight line"}});
  return object(
      {{"name", name(), false, "of its pod, and what expectations call it; default: load-N, from 0"},
       {"labels", map_of(text(), text()), false, "of its pod, beside app: NAME"},
       {"from", name(), true, "zone of the generator"},
       {"node", name(), false, "of that zone; default: its first"},
       {"to", text(), true, "service, or gateway"},
       {"host", text(), false,
        "to a gateway: the authority of its requests; without Gateway documents the service that is meant"},
       {"port", port(), false, "default: the service's first"},
       {"rate", choice({rate_above(0), list_of(point, 1), file}), false, "open loop: as scheduled, come what may"},
       {"arrivals", word({"poisson", "constant"}), false, "open loop; default poisson"},
       {"clients", integer(1, 100'000), false, "closed loop: so many, each waiting for its answer"},
       {"think", duration_model(), false, "closed loop: between answer and next request; default 0s"},
       {"sidecar", boolean(), false, "the generator's pod is in the mesh; default: as the mesh"},
       {"method", method(), false, "default GET"},
       {"path", text(), false, "default /"},
       {"headers", map_of(text(), text()), false, "of each request"},
       {"request", size(), false, "body; default 0B"},
       {"timeout", time(kMillisecond), false, "the client's own; default: none"},
       {"begin", time(), false, "default 0s"},
       {"end", time(), false, "no request at or after this; default: the duration"}},
      {"rate", "clients"});
}

ShapePtr timeline_entry() {
  const ShapePtr fail =
      object({{"service", name(), false, "whose pods"},
              {"zone", name(), false, "with service: those in this zone; default: all"},
              {"pod", name(), false, "one pod"},
              {"how", word({"crash", "app-crash", "proxy-crash", "blackhole", "error", "slow"}), true, "what happens"},
              {"share", share(), false, "error: of the answers; default 100%"},
              {"factor", number_above(0, 10'000), false, "slow: compute takes so many times as long"}},
             {"service", "pod"});
  const ShapePtr restore = object({{"service", name(), false, "whose pods"},
                                   {"zone", name(), false, "with service: those in this zone; default: all"},
                                   {"pod", name(), false, "one pod"},
                                   {"link", zone_pair(), false, "a link, to what the topology says"}},
                                  {"service", "pod", "link"});
  std::vector<Field> shape = link_fields(false);
  shape.insert(shape.begin(), {"link", zone_pair(), true, "which"});
  return object(
      {{"at", time(), true, "since the load's beginning"},
       {"fail", fail, false, "a fault of pods"},
       {"cut", object({{"link", zone_pair(), true, "which"}}), false, "the link loses everything"},
       {"shape", object(std::move(shape)), false, "another shape for the link; what is not said stays"},
       {"restore", restore, false, "undoes faults"},
       {"apply", any_value(), false,
        "documents for the control plane: a file, a document, {file: …, ignore: […]}, or a list of these"},
       {"delete", any_value(), false, "likewise, that are there by then; or {kind: …, name: …, namespace: …} of one"},
       {"scale",
        object({{"service", name(), true, "whose pods"},
                {"zone", name(), true, "in which zone"},
                {"pods", integer(0, kPodsMost), true, "how many run from now on"}}),
        false, "starts pods, or stops the last ones, which end the requests under way"}},
      {"fail", "cut", "shape", "restore", "apply", "delete", "scale"});
}

ShapePtr expectation() {
  const ShapePtr bound = choice({share(), time(), number_above(-1, 1e12)});
  return object(
      {{"metric",
        word({"success_rate",
              "zone_share",
              "latency_mean",
              "latency_p50",
              "latency_p90",
              "latency_p99",
              "latency_p999",
              "latency_max",
              "requests",
              "failed",
              "failover",
              "lane_switches",
              "lane_share",
              "version_share",
              "pod_share",
              "status_share",
              "attempts",
              "amplification",
              "convergence",
              "model_error_p50",
              "model_error_p90",
              "model_error_p99",
              "model_error_mesh_added_p50",
              "model_error_mesh_added_p90",
              "model_error_mesh_added_p99",
              "model_error_distance",
              "model_error_share",
              "model_error_success",
              "model_error_failover"}),
        true, "what is looked at"},
       {"service", text(), false,
        "zone_share, failover, model_error_failover, version_share, pod_share, attempts, amplification: which"},
       {"version", text(), false, "version_share: the label version of the pods that were asked"},
       {"pod", name(), false, "pod_share: which"},
       {"from", text(), false,
        "version_share, pod_share, attempts, amplification: only what this service, load or gateway asks"},
       {"status", integer(100, 599), false, "status_share: which"},
       {"load", choice({integer(0, 999), name()}), false,
        "of requests: only those of this load, by its place from 0 or its name"},
       {"zone", name(), false, "zone_share: which"},
       {"lane", name(), false, "lane_share: which; lane_switches: the one that every request is to be in"},
       {"baseline", name(), false,
        "lane_switches, lane_share: the lane that has what others lack; default: the group's"},
       {"reason", text(), false, "failed: only these, such as TIMEOUT"},
       {"at_least", bound, false, "a share, a time or a count, as the metric is"},
       {"at_most", bound, false, "likewise"},
       {"during", list_of(time(), 2, 2), false, "[begin, end]; default: the whole run"}});
}

ShapePtr whole() {
  return object(
      {{"schema", integer(1, 1), true, "version of the language: 1"},
       {"name", name(), true, "of the scenario"},
       {"description", text(), false, "for people"},
       {"seed", integer(0, std::numeric_limits<std::int64_t>::max()), false, "of every random draw; default 1"},
       {"duration", time(kMillisecond), true, "of the load"},
       {"wire", word({"modelled", "real"}), false, "simulator: message objects, or the bytes of the real codecs"},
       {"network", word({"message", "packet"}), false, "simulator: message-level links, or ns-3 TCP/IP"},
       {"topology", topology(), true, "zones and links"},
       {"mesh", mesh(), true, "what stands between the services"},
       {"services", map_of(name(), service(), 1), false, "by name"},
       {"resources", list_of(resource_shape()), false,
        "Kubernetes and Istio documents, or {file: …, ignore: [KIND, …]} relative to this file"},
       {"load", list_of(load(), 1, 1000), true, "requests into the mesh"},
       {"timeline", list_of(timeline_entry(), 0, 10'000), false, "faults, repairs, changes"},
       {"expect", list_of(expectation(), 0, 10'000), false, "what must hold of the run"}});
}

}  // namespace

ShapePtr resource_file_shape() {
  return object({{"file", text(), true, "with one or more documents, relative to this file"},
                 {"ignore", list_of(text(), 1, 100), false, "kinds that are left out"}});
}

const Shape& scenario_shape() {
  static const ShapePtr shape = whole();
  return *shape;
}

}  // namespace meshtwin
