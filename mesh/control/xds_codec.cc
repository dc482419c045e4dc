#include "mesh/control/xds_codec.h"

#include <cassert>
#include <charconv>

#include "mesh/base/random.h"
#include "mesh/control/config_messages.h"
#include "mesh/control/proto/discovery.pb.h"

namespace meshtwin {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using envoy::service::discovery::v3::DeltaDiscoveryResponse;
using envoy::service::discovery::v3::Resource;

constexpr int kInternal = 13;  // google.rpc.Code

const std::string& name_of(const ClusterConfig& cluster) {
  return cluster.name;
}
const std::string& name_of(const ClusterAssignment& assignment) {
  return assignment.cluster;
}
const std::string& name_of(const ListenerConfig& listener) {
  return listener.name;
}
const std::string& name_of(const RouteConfig& routes) {
  return routes.name;
}

std::string name_of(const AddressEntry& address) {
  return address_name(address);
}
std::string name_of(const WorkloadEntry& workload) {
  return peer_name(workload.ip);
}

template <typename Message, typename Config>
std::string encode_as(const Config& config) {
  Message message;
  to_message(config, message);
  return message.SerializeAsString();
}

template <typename Message, typename Config>
void decode_as(std::string_view bytes, XdsResource& resource) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    resource.problem = "not a " + message.GetTypeName();
    return;
  }
  auto config = std::make_shared<Config>();
  const Refusal problem = from_message(message, *config);
  resource.name = name_of(*config);
  if (problem) {
    resource.problem = *problem;
  } else {
    resource.body = std::shared_ptr<const Config>(std::move(config));
  }
}

// Fifteen hexadecimal digits, which a std::string holds without allocating.
std::string digest(std::string_view bytes) {
  std::uint64_t hash = hash_text(bytes);
  std::string text(15, '0');
  for (char& c : text) {
    c = "0123456789abcdef"[hash & 15];
    hash >>= 4;
  }
  return text;
}

// Bytes of a length-delimited field whose number is below 16.
std::size_t field_size(std::size_t length) {
  std::size_t varint = 1;
  for (std::size_t rest = length; rest >= 128; rest >>= 7) ++varint;
  return 1 + varint + length;
}
std::size_t text_size(std::string_view text) {
  return text.empty() ? 0 : field_size(text.size());
}

std::size_t resource_size(const XdsResource& resource, const std::string& type_url) {
  std::size_t any = text_size(type_url);
  if (resource.body_size > 0) any += field_size(resource.body_size);
  return text_size(resource.name) + text_size(resource.version) + field_size(any);
}

void to_message(const DeltaRequest& request, DeltaDiscoveryRequest& message) {
  if (!request.node_id.empty()) message.mutable_node()->set_id(request.node_id);
  message.set_type_url(request.type_url);
  for (const std::string& name : request.subscribe) message.add_resource_names_subscribe(name);
  for (const std::string& name : request.unsubscribe) message.add_resource_names_unsubscribe(name);
  message.mutable_initial_resource_versions()->insert(request.initial_versions.begin(), request.initial_versions.end());
  message.set_response_nonce(request.nonce);
  if (request.error) {
    message.mutable_error_detail()->set_code(kInternal);
    message.mutable_error_detail()->set_message(*request.error);
  }
}

XdsResourcePtr read_resource(XdsKind kind, const std::string& type_url, const Resource& message) {
  XdsResource resource;
  if (message.resource().type_url() != type_url) {
    resource.problem = "a resource of type '" + message.resource().type_url() + "' in a response of another";
  } else {
    resource = decode_body(kind, message.resource().value());
    if (resource.problem.empty() && resource.name != message.name()) {
      resource.problem = "the resource calls itself '" + resource.name + "'";
    }
  }
  resource.name = message.name();
  resource.version = message.version();
  resource.body_size = message.resource().value().size();
  return std::make_shared<const XdsResource>(std::move(resource));
}

}  // namespace

std::string system_version(std::uint64_t version, std::uint64_t config_version) {
  return std::to_string(version) + '/' + std::to_string(config_version);
}

std::uint64_t config_version_of(std::string_view system_version) {
  const std::size_t slash = system_version.find('/');
  if (slash == std::string_view::npos) return 0;
  std::uint64_t version = 0;
  std::from_chars(system_version.data() + slash + 1, system_version.data() + system_version.size(), version);
  return version;
}

std::optional<XdsKind> kind_of_type_url(std::string_view type_url) {
  for (std::size_t kind = 0; kind < kXdsKindCount; ++kind) {
    if (type_url == kXdsTypeUrls[kind]) return static_cast<XdsKind>(kind);
  }
  return std::nullopt;
}

std::string encode_body(const XdsBody& body) {
  namespace config = envoy::config;
  switch (static_cast<XdsKind>(body.index())) {
    case XdsKind::cluster:
      return encode_as<config::cluster::v3::Cluster>(*std::get<0>(body));
    case XdsKind::endpoints:
      return encode_as<config::endpoint::v3::ClusterLoadAssignment>(*std::get<1>(body));
    case XdsKind::listener:
      return encode_as<config::listener::v3::Listener>(*std::get<2>(body));
    case XdsKind::routes:
      return encode_as<config::route::v3::RouteConfiguration>(*std::get<3>(body));
    case XdsKind::address:
      return encode_as<istio::workload::Address>(*std::get<4>(body));
    case XdsKind::workload:
      break;
  }
  return encode_as<istio::workload::Workload>(*std::get<5>(body));
}

XdsResource decode_body(XdsKind kind, std::string_view bytes) {
  namespace config = envoy::config;
  XdsResource resource;
  resource.body_size = bytes.size();
  switch (kind) {
    case XdsKind::cluster:
      decode_as<config::cluster::v3::Cluster, ClusterConfig>(bytes, resource);
      break;
    case XdsKind::endpoints:
      decode_as<config::endpoint::v3::ClusterLoadAssignment, ClusterAssignment>(bytes, resource);
      break;
    case XdsKind::listener:
      decode_as<config::listener::v3::Listener, ListenerConfig>(bytes, resource);
      break;
    case XdsKind::routes:
      decode_as<config::route::v3::RouteConfiguration, RouteConfig>(bytes, resource);
      break;
    case XdsKind::address:
      decode_as<istio::workload::Address, AddressEntry>(bytes, resource);
      break;
    case XdsKind::workload:
      decode_as<istio::workload::Workload, WorkloadEntry>(bytes, resource);
      break;
  }
  return resource;
}

XdsResourcePtr make_resource(XdsBody body, bool keep_encoding) {
  auto resource = std::make_shared<XdsResource>();
  std::string bytes = encode_body(body);
  resource->name = std::visit([](const auto& config) { return name_of(*config); }, body);
  resource->version = digest(bytes);
  resource->body = std::move(body);
  resource->body_size = bytes.size();
  if (keep_encoding) resource->encoded = std::make_shared<const std::string>(std::move(bytes));
  return resource;
}

std::string encode(const DeltaRequest& request) {
  DeltaDiscoveryRequest message;
  to_message(request, message);
  return message.SerializeAsString();
}

std::size_t encoded_size(const DeltaRequest& request) {
  DeltaDiscoveryRequest message;
  to_message(request, message);
  return message.ByteSizeLong();
}

std::string encode(const DeltaResponse& response) {
  DeltaDiscoveryResponse message;
  message.set_system_version_info(response.system_version);
  message.set_type_url(response.type_url);
  message.set_nonce(response.nonce);
  for (const XdsResourcePtr& resource : response.resources) {
    assert(resource->encoded != nullptr);
    Resource& item = *message.add_resources();
    item.set_name(resource->name);
    item.set_version(resource->version);
    item.mutable_resource()->set_type_url(response.type_url);
    item.mutable_resource()->set_value(*resource->encoded);
  }
  for (const std::string& name : response.removed) message.add_removed_resources(name);
  return message.SerializeAsString();
}

std::size_t encoded_size(const DeltaResponse& response) {
  std::size_t size = text_size(response.system_version) + text_size(response.type_url) + text_size(response.nonce);
  for (const XdsResourcePtr& resource : response.resources) {
    size += field_size(resource_size(*resource, response.type_url));
  }
  for (const std::string& name : response.removed) size += field_size(name.size());
  return size;
}

std::optional<std::string> decode(std::string_view bytes, DeltaRequest& request) {
  DeltaDiscoveryRequest message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return "not a DeltaDiscoveryRequest";
  request.node_id = message.node().id();
  request.type_url = message.type_url();
  request.subscribe = {message.resource_names_subscribe().begin(), message.resource_names_subscribe().end()};
  request.unsubscribe = {message.resource_names_unsubscribe().begin(), message.resource_names_unsubscribe().end()};
  request.initial_versions = {message.initial_resource_versions().begin(), message.initial_resource_versions().end()};
  request.nonce = message.response_nonce();
  if (message.has_error_detail()) request.error = message.error_detail().message();
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view bytes, DeltaResponse& response) {
  DeltaDiscoveryResponse message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return "not a DeltaDiscoveryResponse";
  const auto kind = kind_of_type_url(message.type_url());
  if (!kind) return "a response of unknown type '" + message.type_url() + "'";
  response.system_version = message.system_version_info();
  response.type_url = message.type_url();
  response.nonce = message.nonce();
  for (const Resource& resource : message.resources()) {
    response.resources.push_back(read_resource(*kind, message.type_url(), resource));
  }
  response.removed = {message.removed_resources().begin(), message.removed_resources().end()};
  return std::nullopt;
}

}  // namespace meshtwin
