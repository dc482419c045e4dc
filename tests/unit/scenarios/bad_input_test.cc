// One mistake a row, against the whole message: place, what was found, what was expected, the nearest name.

#include "tests/unit/scenarios/example.h"

namespace meshtwin {
namespace {

struct Row {
  const char* from;  // in the example
  const char* to;
  const char* problems;
};

const Row kRows[] = {
    {"duration: 40s", "duraton: 40s",
     "f.yaml:4:1: found the unknown key \"duraton\", expected one of schema, name, description, seed, duration, wire, "
     "network, topology, mesh, services, resources, load, timeline, expect; did you mean \"duration\"?"},
    {"schema: 1", "schema: 2", "f.yaml:1:9: found the number 2, expected the number 1"},
    {"schema: 1\n", "", "f.yaml:1:1: found no key \"schema\", expected it here: the number 1"},
    {"name: example", "name: Example_1",
     "f.yaml:2:7: found \"Example_1\", expected a name of a-z, 0-9 and - (at most 63, no - at its ends)"},
    {"name: example", "name: 12",
     "f.yaml:2:7: found the number 12, expected a name of a-z, 0-9 and - (at most 63, no - at its ends)"},
    {"seed: 7", "seed: -1", "f.yaml:3:7: found the number -1, expected a whole number of at least 0"},
    {"seed: 7", "seed: 99999999999999999999",
     "f.yaml:3:7: found the number 99999999999999999999 (it is too large), expected a whole number of at least 0"},
    {"seed: 7", "seed: \"7\"", "f.yaml:3:7: found \"7\", expected a whole number of at least 0"},
    {"duration: 40s", "duration: 40",
     "f.yaml:4:11: found the number 40 (it has no unit (ns, us, ms, s, m or h)), expected a time from 1ms to 24h, such "
     "as 250ms or 10s"},
    {"duration: 40s", "duration: 40sec",
     "f.yaml:4:11: found \"40sec\" (its unit is none of ns, us, ms, s, m or h), expected a time from 1ms to 24h, such "
     "as 250ms or 10s"},
    {"duration: 40s", "duration: 0s",
     "f.yaml:4:11: found \"0s\" (it is out of bounds), expected a time from 1ms to 24h, such as 250ms or 10s"},
    {"duration: 40s", "duration: [40s]",
     "f.yaml:4:11: found a list, expected a time from 1ms to 24h, such as 250ms or 10s"},
    {"duration: 40s", "duration:", "f.yaml:4:1: found nothing, expected a time from 1ms to 24h, such as 250ms or 10s"},
    {"duration: 40s", "duration: 99999999999h",
     "f.yaml:4:11: found \"99999999999h\" (it is too large), expected a time from 1ms to 24h, such as 250ms or 10s"},
    {"rtt: 2ms", "rtt: 2KB",
     "f.yaml:8:34: found \"2KB\" (its unit is none of ns, us, ms, s, m or h), expected a time of at most 24h, such as "
     "250ms or 10s"},
    {"rtt: 2ms", "rtt: -2ms",
     "f.yaml:8:34: found \"-2ms\" (it is negative), expected a time of at most 24h, such as 250ms or 10s"},
    {"rtt: 2ms", "delay: 2ms",
     "f.yaml:8:5: found no key \"rtt\", expected it here: a time of at most 24h, such as 250ms or 10s\n"
     "f.yaml:8:29: found the unknown key \"delay\", expected one of between, rtt, jitter, loss, bandwidth"},
    {"loss: 0.1%", "loss: 0.001",
     "f.yaml:8:60: found the number 0.001 (it has no unit (%)), expected a share from 0% to 100%, such as 0.5%"},
    {"loss: 0.1%", "loss: 101%",
     "f.yaml:8:60: found \"101%\" (it is out of bounds), expected a share from 0% to 100%, such as 0.5%"},
    {"bandwidth: 1Gbit", "bandwidth: 1GB",
     "f.yaml:8:77: found \"1GB\" (its unit is none of bit, kbit, Mbit or Gbit), expected a bandwidth from 1kbit to "
     "1000Gbit, such as 100Mbit or 1Gbit"},
    {"mode: sidecar", "mode: sidecar, capture: nftables, acceleration: ebpf",
     "f.yaml:9:32: found nftables with acceleration: ebpf, expected ebpf here too"},
    {"to: frontend", "to: frontend, node: az-a-nod-1",
     "f.yaml:20:36: found \"az-a-nod-1\", expected the name of a node in the same zone; did you mean \"az-a-node-1\"?"},
    {"to: frontend", "to: frontend, node: az-b-node-0",
     "f.yaml:20:36: found \"az-b-node-0\", expected the name of a node in the same zone; did you mean "
     "\"az-a-node-0\"?"},
    {"mode: sidecar", "mode: ambient, mtls: disable",
     "f.yaml:9:29: found disable in ambient mode, where tunnels always have mutual TLS"},
    {"mode: sidecar", "mode: sidecar, gateways: {ingress: {pods: {az-a: 1}}}",
     "f.yaml:9:34: found a gateway in a mesh without mutual TLS, expected mesh.mtls: permissive or strict"},
    {"mode: sidecar", "mode: sidecar, mtls: strict, gateways: {backend: {pods: {az-a: 1}}}",
     "f.yaml:9:48: found \"backend\" for a second thing, expected each name of a service, waypoint or gateway once"},
    {"mode: sidecar", "mode: ambient, labels: {istio.io/use-waypoint: way}, waypoints: {wax: {pods: {az-a: 1}}}",
     "f.yaml:9:55: found \"way\", expected one of mesh.waypoints; did you mean \"wax\"?"},
    {"mode: sidecar", "mode: ambient, waypoints: {wax: {pods: {az-c: 1}}}",
     "f.yaml:9:48: found \"az-c\", expected the name of a zone (az-a, az-b); did you mean \"az-a\"?"},
    {"to: frontend", "to: frontend, host: backend",
     "f.yaml:20:36: found host without a gateway, expected it where `to` names one of mesh.gateways"},
    {"mode: sidecar", "mode: sidcar",
     "f.yaml:9:14: found \"sidcar\", expected one of none, sidecar, ambient; did you mean \"sidecar\"?"},
    {"mode: sidecar", "mode: sidecar, control_plane: {zone: az-c}",
     "f.yaml:9:45: found \"az-c\", expected the name of a zone (az-a, az-b); did you mean \"az-a\"?"},
    {"mesh: {mode: sidecar}", "mesh: sidecar",
     "f.yaml:9:7: found \"sidecar\", expected a mapping with mode, mtls, capture, acceleration, without_ebpf, "
     "private_key_provider, access_log, metrics, tracing, extra_delay, zone_aware, labels and 5 more"},
    {"mode: sidecar", "mode: sidecar, tracing: {sampling: 101%}",
     "f.yaml:9:43: found \"101%\" (it is out of bounds), expected a share from 0% to 100%, such as 0.5%"},
    {"mode: sidecar", "mode: sidecar, tracing: {propagation: b4}",
     "f.yaml:9:46: found \"b4\", expected one of w3c, b3, b3multi; did you mean \"b3\"?"},
    {"mode: sidecar", "mode: sidecar, tracing: {samples: 1%}",
     "f.yaml:9:33: found the unknown key \"samples\", expected one of sampling, propagation"},
    {"mesh: {mode: sidecar}", "mesh: {mode: sidecar, access_log: jsn}",
     "f.yaml:9:35: found \"jsn\", expected true or false, or one of text, json"},
    {"mesh: {mode: sidecar}", "mesh: {mode: sidecar, metrics: {intervall: 1s}}",
     "f.yaml:9:33: found the unknown key \"intervall\", expected one of interval; did you mean \"interval\"?"},
    {"mesh: {mode: sidecar}", "mesh: {mode: sidecar, metrics: {interval: 5}}",
     "f.yaml:9:43: found the number 5 (it has no unit (ns, us, ms, s, m or h)), expected a time of at most 24h, such "
     "as "
     "250ms or 10s"},
    {"az-b: {}}", "az-b: {}, az-b: {}}", "f.yaml:6:54: found the key \"az-b\" a second time, expected it once"},
    {"az-b: {}}", "az-b: {nodes: 0}}", "f.yaml:6:58: found the number 0, expected a whole number from 1 to 1000"},
    {"az-b: {}}", "az-b: {nodes: [{name: az-a-node-1}]}}",
     "f.yaml:6:10: found two nodes named \"az-a-node-1\", expected each name once"},
    {"between: [az-a, az-b]", "between: [az-a, az-c]",
     "f.yaml:8:22: found \"az-c\", expected the name of a zone (az-a, az-b); did you mean \"az-a\"?"},
    {"between: [az-a, az-b]", "between: [az-a, az-a]",
     "f.yaml:8:22: found the zone \"az-a\" twice, expected two different zones"},
    {"between: [az-a, az-b]", "between: [az-a]", "f.yaml:8:15: found a list of 1, expected exactly 2"},
    {"  - {between: [az-a, az-b], rtt: 2ms",
     "  - {between: [az-b, az-a], rtt: 2ms}\n  - {between: [az-a, az-b], rtt: 2ms",
     "f.yaml:9:15: found a second link between az-a and az-b, expected one"},
    {"  - {between: [az-a, az-b], rtt: 2ms, jitter: 100us, loss: 0.1%, bandwidth: 1Gbit}", "  []",
     "f.yaml:13:38: found no link between az-a and az-b, expected one in topology.links: frontend calls backend there"},
    {"  backend:\n", "  Backend:\n",
     "f.yaml:13:38: found \"backend\", expected the name of a service (frontend, Backend); did you mean \"Backend\"?\n"
     "f.yaml:14:3: found \"Backend\", expected a name of a-z, 0-9 and - (at most 63, no - at its ends)\n"
     "f.yaml:22:29: found \"backend\", expected the name of a service (frontend, Backend); did you mean \"Backend\"?\n"
     "f.yaml:23:32: found \"backend\", expected the name of a service (frontend, Backend); did you mean \"Backend\"?\n"
     "f.yaml:26:33: found \"backend\", expected the name of a service (frontend, Backend); did you mean \"Backend\"?"},
    {"  backend:\n", "  frontend:\n", "f.yaml:14:3: found the key \"frontend\" a second time, expected it once"},
    {"{call: backend}", "{call: bakend}",
     "f.yaml:13:38: found \"bakend\", expected the name of a service (frontend, backend); did you mean \"backend\"?"},
    {"{call: backend}", "{call: {service: backend, port: 9090}}",
     "f.yaml:13:63: found port \"9090\", expected 8080, the first port of \"backend\": its pods answer on that one"},
    {"{call: backend}", "{call: {servce: backend}}",
     "f.yaml:13:39: found the unknown key \"servce\", expected one of service, port, method, path, headers, request, "
     "probability; did you "
     "mean \"service\"?"},
    {"{call: backend}", "{parallel: [backend, {service: nothing}]}",
     "f.yaml:13:62: found \"nothing\", expected the name of a service (frontend, backend)"},
    {"{call: backend}", "{call: backend, parallel: [backend]}",
     "f.yaml:13:31: found call, parallel, expected exactly one of compute, call, parallel, fail"},
    {"{call: backend}", "{cal: backend}",
     "f.yaml:13:32: found the unknown key \"cal\", expected one of compute, cpu, call, parallel, fail; did you mean "
     "\"call\"?"},
    {"{call: backend}", "{call: backend, cpu: true}",
     "f.yaml:13:52: found cpu without compute, expected it beside compute only"},
    {"{call: backend}", "{fail: 120%}",
     "f.yaml:13:38: found \"120%\" (it is out of bounds), expected a share from 0% to 100%, such as 0.5%"},
    {"{call: backend}", "{fail: {probability: 1%, status: 200}}",
     "f.yaml:13:64: found the number 200, expected a whole number from 400 to 599"},
    {"{call: backend}", "{}", "f.yaml:13:31: found none, expected exactly one of compute, call, parallel, fail"},
    {"{compute: {exponential: {mean: 3ms}}}", "{call: frontend}",
     "f.yaml:17:22: found a call that closes a cycle (frontend -> backend -> frontend), expected calls without cycles"},
    {"{compute: {exponential: {mean: 3ms}}}", "{call: backend}",
     "f.yaml:17:22: found a call that closes a cycle (backend -> backend), expected calls without cycles"},
    {"{compute: {exponential: {mean: 3ms}}}", "{compute: {exponential: {median: 3ms}}}",
     "f.yaml:17:40: found the unknown key \"median\", expected one of mean; did you mean \"mean\"?"},
    {"{compute: {exponential: {mean: 3ms}}}", "{compute: {uniform: {low: 3ms, high: 1ms}}}",
     "f.yaml:17:52: found 1ms, expected at least low, which is 3ms"},
    {"{compute: {exponential: {mean: 3ms}}}", "{compute: {lognormal: {median: 1ms, sigma: 40%}}}",
     "f.yaml:17:58: found \"40%\", expected a number from 0 to 5"},
    {"{compute: {exponential: {mean: 3ms}}}", "{compute: {gamma: {mean: 3ms}}}",
     "f.yaml:17:25: found none, expected exactly one of constant, uniform, exponential, lognormal, histogram\n"
     "f.yaml:17:26: found the unknown key \"gamma\", expected one of constant, uniform, exponential, lognormal, "
     "histogram"},
    {"{compute: {exponential: {mean: 3ms}}}",
     "{compute: {histogram: [{upto: 2ms, share: 50%}, {upto: 1ms, share: 40%}]}}",
     "f.yaml:17:37: found shares that add up to 90%, expected 100%\n"
     "f.yaml:17:70: found 1ms after 2ms, expected each bin to end later than the one before"},
    {"az-a: 3, az-b: 2", "az-a: 0, az-b: 2",
     "f.yaml:15:18: found the number 0, expected a whole number from 1 to 20000"},
    {"az-a: 3, az-b: 2", "az-a: 3.5, az-b: 2",
     "f.yaml:15:18: found the number 3.5, expected a whole number from 1 to 20000"},
    {"az-a: 3, az-b: 2", "az-a: 20000, az-b: 20000",
     "f.yaml:15:18: found 20002 pods in all up to here, expected at most 20000"},
    {"az-a: 3, az-b: 2", "az-a: 3, az_b: 2",
     "f.yaml:15:21: found \"az_b\", expected the name of a zone (az-a, az-b); did you mean \"az-b\"?\n"
     "f.yaml:26:48: found \"az-b\", expected a zone in which backend has pods"},
    {"pods: {az-a: 3, az-b: 2}", "pods: {}", "f.yaml:15:11: found an empty mapping, expected at least one entry"},
    {"workers: 8", "workers: many", "f.yaml:16:14: found \"many\", expected a whole number from 1 to 1000000"},
    {"workers: 8", "workers: 8\n    ports: [{port: 80}, {port: 80}]",
     "f.yaml:17:25: found port 80 twice, expected it once\n"
     "f.yaml:17:25: found a second port named \"http\", expected each name once"},
    {"workers: 8", "workers: 8\n    version: 2", "f.yaml:17:14: found the number 2, expected a text; put it in quotes"},
    {"response: 1KB", "response: 1kb",
     "f.yaml:18:15: found \"1kb\" (its unit is none of B, KiB, KB, MiB, MB, GiB or GB), expected a size of at most "
     "1GiB, such as 512B or 1KB"},
    {"from: az-a", "from: az-z",
     "f.yaml:20:10: found \"az-z\", expected the name of a zone (az-a, az-b); did you mean \"az-a\"?"},
    {"from: az-a", "frm: az-a",
     "f.yaml:20:4: found the unknown key \"frm\", expected one of name, labels, from, node, to, host, port, rate, "
     "arrivals, clients, "
     "think, "
     "sidecar, method, path, headers, request, timeout, begin, end; did you mean \"from\"?"},
    {"to: frontend", "to: fronted",
     "f.yaml:20:20: found \"fronted\", expected the name of a service (frontend, backend); did you mean \"frontend\"?"},
    {"rate: 200/s", "rate: 0/s",
     "f.yaml:20:36: found \"0/s\" (it is out of bounds), expected a rate above 0, such as 200/s or 90/m"},
    {"rate: 200/s", "rate: 200",
     "f.yaml:20:36: found the number 200 (it has no unit (/s or /m)), expected a rate above 0, such as 200/s or 90/m"},
    {"rate: 200/s", "rate: 200/s, clients: 4",
     "f.yaml:20:3: found rate, clients, expected exactly one of rate, clients"},
    {"rate: 200/s", "think: 1ms",
     "f.yaml:20:3: found none, expected exactly one of rate, clients\n"
     "f.yaml:20:37: found think without clients, expected it beside clients only"},
    {"rate: 200/s", "clients: 4, arrivals: poisson",
     "f.yaml:20:52: found arrivals without rate, expected it beside rate only"},
    {"rate: 200/s", "rate: [{at: 0s, rate: 0/s}]",
     "f.yaml:20:36: found a rate of 0 throughout, expected a rate above 0 somewhere"},
    {"rate: 200/s", "rate: [{at: 5s, rate: 1/s}, {at: 5s, rate: 2/s, ramp: true}]",
     "f.yaml:20:58: found a ramp on the last point, expected a point after it to go to\n"
     "f.yaml:20:63: found 5s after 5s, expected each point later than the one before"},
    {"rate: 200/s", "rate: {file: missing.csv}", "f.yaml:20:43: missing.csv: found no such file"},
    {"rate: 200/s", "rate: 200/s, end: 50s", "f.yaml:20:48: found 50s, expected at most the duration, 40s"},
    {"rate: 200/s", "rate: 200/s, begin: 40s",
     "f.yaml:20:50: found the load's begin at 40s and its end at 40s, expected its end later"},
    {"rate: 200/s", "rate: 200/s, path: \"a b\"",
     "f.yaml:20:49: found \"a b\", expected a path of printable ASCII that begins with /"},
    {"rate: 200/s", "rate: 200/s, headers: {\"x\\r\\ny\": \"1\"}",
     "f.yaml:20:53: found \"x\\x0d\\x0ay\", expected the name of an HTTP header"},
    {"rate: 200/s", "rate: 200/s, headers: {Host: other}",
     "f.yaml:20:53: found the header \"Host\", expected one that the codec does not set itself"},
    {"rate: 200/s", "rate: 200/s, headers: {x: \"a\\nb\"}",
     "f.yaml:20:56: found \"a\\x0ab\", expected printable ASCII"},
    {"load:\n- {from: az-a, to: frontend, rate: 200/s}", "load: []",
     "f.yaml:19:7: found a list of 0, expected at least 1"},
    {"at: 12s, fail", "at: 40s, fail",
     "f.yaml:22:8: found 40s, expected a time before the end at 40s\n"
     "f.yaml:23:22: found a restore at 26s of backend in az-a, which nothing has failed by then, expected an earlier "
     "fault"},
    {"at: 12s, fail", "at: 27s, fail",
     "f.yaml:23:22: found a restore at 26s of backend in az-a, which nothing has failed by then, expected an earlier "
     "fault"},
    {"at: 12s, fail", "at: 12, fail",
     "f.yaml:22:8: found the number 12 (it has no unit (ns, us, ms, s, m or h)), expected a time of at most 24h, such "
     "as 250ms or 10s"},
    {"how: crash", "how: crsh",
     "f.yaml:22:55: found \"crsh\", expected one of crash, app-crash, proxy-crash, blackhole, error, slow; did you "
     "mean \"crash\"?"},
    {"how: crash", "how: slow", "f.yaml:22:19: found slow without factor, expected one, such as factor: 10"},
    {"how: crash", "how: crash, factor: 2", "f.yaml:22:70: found factor beside how: crash, expected it with slow only"},
    {"how: crash", "how: error, share: 5",
     "f.yaml:22:69: found the number 5 (it has no unit (%)), expected a share from 0% to 100%, such as 0.5%"},
    {"fail: {service: backend, zone: az-a, how: crash}", "fail: {pod: backend-az-a-3, how: crash}",
     "f.yaml:22:25: found \"backend-az-a-3\", expected the name of a pod, such as SERVICE-ZONE-0; did you mean "
     "\"backend-az-a-0\"?"},
    {"fail: {service: backend, zone: az-a, how: crash}",
     "fail: {pod: backend-az-a-0, how: crash}, cut: {link: [az-a, az-b]}",
     "f.yaml:22:3: found fail, cut, expected exactly one of fail, cut, shape, restore, apply, delete, scale\n"
     "f.yaml:23:22: found a restore at 26s of backend in az-a, which nothing has failed by then, expected an earlier "
     "fault"},
    {"fail: {service: backend, zone: az-a, how: crash}", "fail: {how: crash}",
     "f.yaml:22:19: found none, expected exactly one of service, pod"},
    {"fail: {service: backend, zone: az-a, how: crash}", "cut: {link: [az-a, az-b]}",
     "f.yaml:23:22: found a restore at 26s of backend in az-a, which nothing has failed by then, expected an earlier "
     "fault"},
    {"fail: {service: backend, zone: az-a, how: crash}", "fail: {pod: control-plane, how: slow, factor: 2}",
     "f.yaml:22:45: found \"slow\" for the control plane, expected one of crash, blackhole\n"
     "f.yaml:23:22: found a restore at 26s of backend in az-a, which nothing has failed by then, expected an earlier "
     "fault"},
    {"restore: {service: backend, zone: az-a}", "restore: {service: backend, zone: az-b}",
     "f.yaml:23:22: found a restore at 26s of backend in az-b, which nothing has failed by then, expected an earlier "
     "fault"},
    {"restore: {service: backend, zone: az-a}", "restore: {link: [az-a, az-b]}",
     "f.yaml:23:22: found a restore at 26s of link az-a - az-b, which nothing has failed by then, expected an earlier "
     "fault"},
    {"restore: {service: backend, zone: az-a}", "restore: {service: backnd}",
     "f.yaml:23:32: found \"backnd\", expected the name of a service (frontend, backend); did you mean \"backend\"?"},
    {"restore: {service: backend, zone: az-a}", "shape: {link: [az-a, az-b]}",
     "f.yaml:23:20: found nothing to change, expected one of rtt, jitter, loss, bandwidth"},
    {"metric: success_rate", "metric: sucess_rate",
     "f.yaml:25:12: found \"sucess_rate\", expected one of success_rate, zone_share, latency_mean, latency_p50, "
     "latency_p90, latency_p99, latency_p999, latency_max, requests, failed, failover, lane_switches, "
     "lane_share, version_share, pod_share, status_share, attempts, amplification, convergence, model_error_p50, "
     "model_error_p90, model_error_p99, model_error_mesh_added_p50, model_error_mesh_added_p90 and 5 more; "
     "did you mean \"success_rate\"?"},
    {"metric: success_rate, at_least: 99.5%", "metric: model_error_p50, at_least: 99.5%",
     "f.yaml:25:39: found at_least beside metric: model_error_p50, of which less is better, expected at_most"},
    {"metric: success_rate, at_least: 99.5%", "metric: model_error_p50, at_most: 10ms",
     "f.yaml:25:38: found \"10ms\" for model_error_p50, expected a share, such as 99.5%"},
    {"metric: success_rate, at_least: 99.5%", "metric: model_error_p99, at_most: 10%, during: [2s, 3s]",
     "f.yaml:25:51: found during beside metric: model_error_p99, which is of the whole run, expected no such key"},
    {"metric: success_rate, at_least: 99.5%", "metric: model_error_failover, at_most: 10%",
     "f.yaml:25:3: found model_error_failover without service, expected one"},
    {"metric: success_rate, at_least: 99.5%", "metric: model_error_share, service: backend, at_most: 1%",
     "f.yaml:25:40: found service beside metric: model_error_share, which takes none, expected no such key"},
    {"at_least: 99.5%", "at_least: 2ms",
     "f.yaml:25:36: found \"2ms\" for success_rate, expected a share, such as 99.5%"},
    {"at_least: 99.5%", "at_least: 5",
     "f.yaml:25:36: found the number 5 for success_rate, expected a share, such as 99.5%"},
    {"at_least: 99.5%", "at_least: 101%",
     "f.yaml:25:36: found \"101%\", expected a share from 0% to 100%, such as 0.5%, or a time of at most 24h, such as "
     "250ms or 10s, or a number"},
    {"at_least: 99.5%", "at_least: 99.5%, zone: az-a",
     "f.yaml:25:49: found zone beside metric: success_rate, which takes none, expected no such key"},
    {", at_least: 99.5%", "", "f.yaml:25:3: found no bound, expected at_least or at_most"},
    {"at_least: 99.5%", "at_least: 99.5%, at_most: 99%",
     "f.yaml:25:52: found 99%, expected at least 99.5%, which is at_least"},
    {"metric: zone_share, service: backend, zone: az-b", "metric: zone_share, service: backend",
     "f.yaml:26:3: found zone_share without zone, expected one"},
    {"metric: zone_share, service: backend, zone: az-b", "metric: zone_share, service: backed, zone: az-b",
     "f.yaml:26:33: found \"backed\", expected the name of a service (frontend, backend); did you mean \"backend\"?"},
    {"metric: zone_share, service: backend, zone: az-b", "metric: zone_share, service: backend, zone: az-d",
     "f.yaml:26:48: found \"az-d\", expected the name of a zone (az-a, az-b); did you mean \"az-a\"?"},
    {"metric: success_rate, at_least: 99.5%", "metric: failed, reason: TIMEUOT, at_most: 3",
     "f.yaml:25:28: found \"TIMEUOT\", expected one of CONNECT_REFUSED, CONNECT_TIMEOUT, UNREACHABLE, RESET, TIMEOUT, "
     "HTTP_4XX, HTTP_5XX, PROTOCOL, UNFINISHED; did you mean \"TIMEOUT\"?"},
    {"during: [15s, 26s]", "during: [26s, 15s]", "f.yaml:26:83: found 15s, expected a time after 26s"},
    {"during: [15s, 26s]", "during: [15s, 41s]", "f.yaml:26:83: found 41s, expected at most the duration, 40s"},
    {"during: [15s, 26s]", "during: [15s]", "f.yaml:26:77: found a list of 1, expected exactly 2"},
    {"load:\n", "resources: [{apiVersion: security.istio.io/v1, kind: PeerAuthentication}]\nload:\n",
     "f.yaml:19:54: found \"PeerAuthentication\", which is valid, but a run does not act on it yet; it can be left out "
     "by "
     "name (ignore)"},
    {"load:\n", "resources: [{apiVersion: v1, kind: VirtualServise}]\nload:\n",
     "f.yaml:19:36: found \"VirtualServise\", expected one of DestinationRule, VirtualService, Gateway, ServiceEntry, "
     "WorkloadEntry, WorkloadGroup, Sidecar, Telemetry, ProxyConfig, EnvoyFilter, AuthorizationPolicy, "
     "PeerAuthentication, RequestAuthentication, WasmPlugin, Namespace, Service, ServiceAccount, Pod, Deployment, "
     "StatefulSet, EndpointSlice, HTTPRoute, GRPCRoute, TCPRoute, ReferenceGrant, TrafficLabel, ASMSwimLaneGroup, "
     "ASMSwimLane; did you mean \"VirtualService\"?; other kinds can be left out by name (ignore)"},
    {"load:\n", "resources: [{file: none.yaml}]\nload:\n", "f.yaml:19:20: none.yaml: found no such file"},
    {"load:\n", "resources: [{fil: none.yaml}]\nload:\n",
     "f.yaml:19:13: found no key \"kind\", expected the kind of a document, such as kind: VirtualService, or {file: "
     "…}; did you mean \"file\"?"},
    {"load:\n",
     "resources: [{apiVersion: v1, kind: DestinationRule, metadata: {name: x}, spec: {host: backend}}]\nload:\n",
     "f.yaml:19:26: found \"v1\", expected one of networking.istio.io/v1, networking.istio.io/v1beta1, "
     "networking.istio.io/v1alpha3 for a DestinationRule"},
    {"load:\n",
     "resources: [{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: x}, spec: {host: "
     "bakend.default}}]\nload:\n",
     "f.yaml:19:107: found \"bakend\", expected the name of a service (frontend, backend); did you mean \"backend\"?"},
    {"load:\n",
     "resources: [{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: x}, spec: {host: "
     "backend, trafficPolicy: {tunnel: {}}}}]\nload:\n",
     "f.yaml:19:132: found the key \"tunnel\", which is valid, but a run does not act on it yet, expected one of "
     "loadBalancer, connectionPool, outlierDetection, tls, portLevelSettings, retryBudget"},
    {"load:\n",
     "resources: [{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: x}, spec: {host: "
     "backend, trafficPolicy: {outlierDetection: {consecutive5xxError: 3, interval: 5, maxEjectionPercent: "
     "110}}}}]\nload:\n",
     "f.yaml:19:151: found the unknown key \"consecutive5xxError\", expected one of consecutive5xxErrors, "
     "consecutiveGatewayErrors, splitExternalLocalOriginErrors, consecutiveLocalOriginFailures, interval, "
     "baseEjectionTime, maxEjectionPercent, minHealthPercent; did you mean \"consecutive5xxErrors\"?\n"
     "f.yaml:19:185: found the number 5 (it has no unit (ns, us, ms, s, m or h)), expected a time of at least 1ms, "
     "such as 250ms or 10s\n"
     "f.yaml:19:208: found the number 110, expected a whole number from 0 to 100"},
};

TEST(BadInput, EachMistakeIsToldExactly) {
  ASSERT_EQ(problems_of(kExample), "none");
  for (const Row& row : kRows) EXPECT_EQ(problems_of(with(kExample, row.from, row.to)), row.problems) << row.to;
}

// Mistakes in every part at once: all come in one go, in order of their places.
TEST(BadInput, AllMistakesAreToldAtOnce) {
  std::string text = kExample;
  text = with(text, "seed: 7", "sed: 7");
  text = with(text, "rtt: 2ms", "rtt: 2");
  text = with(text, "{call: backend}", "{call: bckend}");
  text = with(text, "rate: 200/s", "rate: 0/s");
  text = with(text, "how: crash", "how: burn");
  text = with(text, "at_least: 99%", "at_least: 2ms");
  const std::string problems = problems_of(text);
  for (const char* place :
       {"f.yaml:3:1: ", "f.yaml:8:34: ", "f.yaml:13:38: ", "f.yaml:20:36: ", "f.yaml:22:55: ", "f.yaml:26:64: "})
    EXPECT_NE(problems.find(place), std::string::npos) << place << " in\n" << problems;
  EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 5) << problems;
}

TEST(BadInput, WholeFiles) {
  EXPECT_EQ(problems_of(""),
            "f.yaml:1:1: found an empty file, expected one scenario: a mapping that begins with schema: 1");
  EXPECT_EQ(problems_of("just text"),
            "f.yaml:1:1: found \"just text\", expected one scenario: a mapping that begins with schema: 1");
  EXPECT_EQ(problems_of(kExample + "---\n" + kExample),
            "f.yaml:28:1: found a second document, expected one scenario: a mapping that begins with schema: 1");
  EXPECT_EQ(problems_of(with(kExample, "name: example", "name: ex\xff")),
            "f.yaml:2:9: found the byte 0xff, which is not UTF-8, expected text in UTF-8");
  try {
    load_scenario("no/such/file.yaml", {});
    ADD_FAILURE() << "loaded";
  } catch (const Problems& problems) {
    EXPECT_STREQ(problems.what(), "no/such/file.yaml: found no such file");
  }
}

// A name that is long, a file full of mistakes, a long chain of calls: answers stay short and quick.
TEST(BadInput, StaysBounded) {
  std::string keys = kExample;
  for (int i = 0; i < 50'000; ++i) keys += "key" + std::to_string(i) + ": 1\n";
  EXPECT_LT(problems_of(keys).size(), 50'000u);
  std::string chain = kExample.substr(0, kExample.find("  backend:"));
  chain += "  backend: {pods: {az-a: 1}, handler: [{call: s0}]}\n";
  for (int i = 0; i < 5'000; ++i)
    chain += "  s" + std::to_string(i) +
             ": {pods: {az-a: 1}, handler: [{call: " + (i == 4'999 ? "backend" : "s" + std::to_string(i + 1)) + "}]}\n";
  chain += kExample.substr(kExample.find("load:"));
  const std::string problems = problems_of(chain);
  EXPECT_NE(problems.find("(backend -> s0 -> s1 -> "), std::string::npos) << problems.substr(0, 500);
  EXPECT_LT(problems.size(), 1'000u);
}

}  // namespace
}  // namespace meshtwin
