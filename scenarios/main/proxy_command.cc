#include "scenarios/main/proxy_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "emu/role_program.h"
#include "mesh/world/world.h"

namespace meshtwin {

const char* const kProxyHelp =
    "Requests and connections that come to its listeners go to its clusters' endpoints; SIGINT or SIGTERM ends it.\n"
    "PEM files are looked for beside FILE.\n\n"
    "a sidecar, with mutual TLS both ways:\n"
    "  identity: {certificate: web.pem, key: web.key, roots: ca.pem}\n"
    "  application: {port: 8080, protocol: http, listen: [\"0.0.0.0:15006\"]}\n"
    "  outbound:\n"
    "    - {listen: \"127.0.0.1:9001\", cluster: backend}\n"
    "    - {listen: \"127.0.0.1:3306\", protocol: tcp, cluster: database}\n"
    "  clusters:\n"
    "    backend: {endpoints: [\"10.0.0.5:15006\"], transport: mtls,\n"
    "              identities: [\"spiffe://cluster.local/ns/default/sa/backend\"]}\n"
    "    database: {endpoints: [\"10.0.0.9:3306\"]}\n\n"
    "a ztunnel:\n"
    "  identity: {certificate: web.pem, key: web.key, roots: ca.pem}\n"
    "  pod: {ip: 10.0.0.4}\n"
    "  outbound: [{listen: \"127.0.0.1:9001\", to: \"10.0.0.5:8080\"}]\n"
    "  workloads: [{ip: 10.0.0.5, identity: \"spiffe://cluster.local/ns/default/sa/backend\"}]\n\n"
    "a gateway:\n"
    "  listeners: [{listen: \"0.0.0.0:80\", routes: [{prefix: /api, cluster: backend}]}]\n"
    "  clusters:\n"
    "    backend: {endpoints: [\"10.0.0.5:8080\", \"10.0.0.6:8080\"], balancer: round_robin}\n\n"
    "a sidecar and a gateway also take\n"
    "  access_log: stdout                      # or a file: Envoy's line for each request\n"
    "  access_log_format: json                 # or text\n"
    "  limits: {request_head: 60s, stream_idle: 5m, connection_idle: 1h}\n"
    "and every kind\n"
    "  metrics: 127.0.0.1:15090                # GET /stats/prometheus; Istio's standard metrics\n\n"
    "example:\n"
    "  meshtwin proxy sidecar --config web.yaml\n";

int proxy_command(const std::string& kind, const std::string& file) {
  const std::string program = find_role_program();
  ::execl(program.c_str(), program.c_str(), "proxy", kind.c_str(), file.c_str(), nullptr);
  throw WorldError("cannot execute " + program + ": " + std::strerror(errno));
}

}  // namespace meshtwin
