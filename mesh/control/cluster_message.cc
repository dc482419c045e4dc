#include <algorithm>

#include "mesh/control/config_messages.h"
#include "mesh/control/proto/tls.pb.h"

namespace meshtwin {
namespace {

using envoy::config::cluster::v3::CircuitBreakers_Thresholds;
using envoy::config::cluster::v3::Cluster;
using envoy::config::cluster::v3::OutlierDetection;
using google::protobuf::UInt32Value;

// The numbers of OutlierDetection, so that writing and reading cannot disagree.
struct OutlierNumber {
  const char* name;
  std::uint32_t OutlierConfig::*value;
  bool percent;
  bool (OutlierDetection::*has)() const;
  const UInt32Value& (OutlierDetection::*get)() const;
  UInt32Value* (OutlierDetection::*set)();
};
#define MESHTWIN_NUMBER(field, percent)                                                               \
  {                                                                                                   \
#field, &OutlierConfig::field, percent, &OutlierDetection::has_##field, &OutlierDetection::field, \
        &OutlierDetection::mutable_##field                                                            \
  }
const OutlierNumber kOutlierNumbers[] = {
    MESHTWIN_NUMBER(consecutive_5xx, false),
    MESHTWIN_NUMBER(enforcing_consecutive_5xx, true),
    MESHTWIN_NUMBER(consecutive_gateway_failure, false),
    MESHTWIN_NUMBER(enforcing_consecutive_gateway_failure, true),
    MESHTWIN_NUMBER(consecutive_local_origin_failure, false),
    MESHTWIN_NUMBER(enforcing_consecutive_local_origin_failure, true),
    MESHTWIN_NUMBER(max_ejection_percent, true),
    MESHTWIN_NUMBER(enforcing_success_rate, true),
    MESHTWIN_NUMBER(enforcing_local_origin_success_rate, true),
    MESHTWIN_NUMBER(success_rate_minimum_hosts, false),
    MESHTWIN_NUMBER(success_rate_request_volume, false),
    MESHTWIN_NUMBER(success_rate_stdev_factor, false),
    MESHTWIN_NUMBER(failure_percentage_threshold, true),
    MESHTWIN_NUMBER(enforcing_failure_percentage, true),
    MESHTWIN_NUMBER(enforcing_failure_percentage_local_origin, true),
    MESHTWIN_NUMBER(failure_percentage_minimum_hosts, false),
    MESHTWIN_NUMBER(failure_percentage_request_volume, false),
};
#undef MESHTWIN_NUMBER

Duration default_max_ejection_time(const OutlierConfig& outlier) {
  return std::max(OutlierConfig().max_ejection_time, outlier.base_ejection_time);
}

void to_message(const OutlierConfig& outlier, OutlierDetection& message) {
  const OutlierConfig defaults;
  for (const OutlierNumber& number : kOutlierNumbers) {
    if (outlier.*number.value != defaults.*number.value) {
      (message.*number.set)()->set_value(outlier.*number.value);
    }
  }
  message.set_split_external_local_origin_errors(outlier.split_external_local_origin_errors);
  if (outlier.always_eject_one_host) message.mutable_always_eject_one_host()->set_value(true);
  if (outlier.interval != defaults.interval) set_duration(outlier.interval, *message.mutable_interval());
  if (outlier.base_ejection_time != defaults.base_ejection_time) {
    set_duration(outlier.base_ejection_time, *message.mutable_base_ejection_time());
  }
  if (outlier.max_ejection_time != default_max_ejection_time(outlier)) {
    set_duration(outlier.max_ejection_time, *message.mutable_max_ejection_time());
  }
  if (outlier.max_ejection_time_jitter != 0) {
    set_duration(outlier.max_ejection_time_jitter, *message.mutable_max_ejection_time_jitter());
  }
}

Refusal read_positive(const google::protobuf::Duration& message, const char* name, Duration& duration) {
  if (!read_duration(message, duration) || duration == 0) return std::string(name) + " must be above 0";
  return std::nullopt;
}

Refusal read_outlier_times(const OutlierDetection& message, OutlierConfig& outlier) {
  Refusal problem;
  if (message.has_interval()) problem = read_positive(message.interval(), "interval", outlier.interval);
  if (!problem && message.has_base_ejection_time()) {
    problem = read_positive(message.base_ejection_time(), "base_ejection_time", outlier.base_ejection_time);
  }
  outlier.max_ejection_time = default_max_ejection_time(outlier);
  if (!problem && message.has_max_ejection_time()) {
    problem = read_positive(message.max_ejection_time(), "max_ejection_time", outlier.max_ejection_time);
  }
  if (!problem && message.has_max_ejection_time_jitter() &&
      !read_duration(message.max_ejection_time_jitter(), outlier.max_ejection_time_jitter)) {
    problem = "max_ejection_time_jitter is out of range";
  }
  return problem;
}

Refusal from_message(const OutlierDetection& message, OutlierConfig& outlier) {
  for (const OutlierNumber& number : kOutlierNumbers) {
    if (!(message.*number.has)()) continue;
    const std::uint32_t value = (message.*number.get)().value();
    if (number.percent && value > 100) {
      return "outlier_detection." + std::string(number.name) + " is " + std::to_string(value) + ", above 100";
    }
    outlier.*number.value = value;
  }
  outlier.split_external_local_origin_errors = message.split_external_local_origin_errors();
  outlier.always_eject_one_host = message.always_eject_one_host().value();
  if (const Refusal problem = read_outlier_times(message, outlier)) return "outlier_detection." + *problem;
  return std::nullopt;
}

void to_message(const CircuitBreakers& breakers, CircuitBreakers_Thresholds& message) {
  const CircuitBreakers defaults;
  const auto set = [](std::uint32_t value, std::uint32_t unless, auto field) {
    if (value != unless) field()->set_value(value);
  };
  set(breakers.max_connections, defaults.max_connections, [&] { return message.mutable_max_connections(); });
  set(breakers.max_pending_requests, defaults.max_pending_requests,
      [&] { return message.mutable_max_pending_requests(); });
  set(breakers.max_requests, defaults.max_requests, [&] { return message.mutable_max_requests(); });
  set(breakers.max_retries, defaults.max_retries, [&] { return message.mutable_max_retries(); });
  if (!breakers.retry_budget) return;
  message.mutable_retry_budget()->mutable_budget_percent()->set_value(breakers.retry_budget->percent);
  message.mutable_retry_budget()->mutable_min_retry_concurrency()->set_value(
      breakers.retry_budget->min_retry_concurrency);
}

void from_message(const CircuitBreakers_Thresholds& message, CircuitBreakers& breakers) {
  if (message.has_max_connections()) breakers.max_connections = message.max_connections().value();
  if (message.has_max_pending_requests()) breakers.max_pending_requests = message.max_pending_requests().value();
  if (message.has_max_requests()) breakers.max_requests = message.max_requests().value();
  if (message.has_max_retries()) breakers.max_retries = message.max_retries().value();
  if (!message.has_retry_budget()) return;
  const auto& budget = message.retry_budget();
  RetryBudget& read = breakers.retry_budget.emplace();
  if (budget.has_budget_percent()) read.percent = budget.budget_percent().value();
  if (budget.has_min_retry_concurrency()) read.min_retry_concurrency = budget.min_retry_concurrency().value();
}

constexpr const char* kTlsTypeUrl = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
using envoy::extensions::transport_sockets::tls::v3::SubjectAltNameMatcher;
using envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext;

// How endpoints whose metadata says tlsMode "istio" are spoken to; a tunnel's far end has the same identities.
void put_tls(const ClusterConfig& cluster, Cluster& message) {
  UpstreamTlsContext tls;
  tls.set_sni(cluster.server_name);
  auto& context = *tls.mutable_common_tls_context();
  for (const std::string& identity : cluster.identities) {
    auto& name = *context.mutable_combined_validation_context()
                      ->mutable_default_validation_context()
                      ->add_match_typed_subject_alt_names();
    name.set_san_type(SubjectAltNameMatcher::URI);
    name.mutable_matcher()->set_exact(identity);
  }
  auto& match = *message.add_transport_socket_matches();
  match.set_name("tlsMode-istio");
  (*match.mutable_match()->mutable_fields())["tlsMode"].set_string_value("istio");
  match.mutable_transport_socket()->set_name("envoy.transport_sockets.tls");
  auto& any = *match.mutable_transport_socket()->mutable_typed_config();
  any.set_type_url(kTlsTypeUrl);
  any.set_value(tls.SerializeAsString());
}

Refusal read_tls(const Cluster& message, ClusterConfig& cluster) {
  for (const auto& match : message.transport_socket_matches()) {
    const auto& any = match.transport_socket().typed_config();
    if (any.type_url() != kTlsTypeUrl) return "a transport socket of type '" + any.type_url() + "' is not supported";
    UpstreamTlsContext tls;
    if (!tls.ParseFromString(any.value())) return "not an UpstreamTlsContext";
    cluster.server_name = tls.sni();
    const auto& validation = tls.common_tls_context().combined_validation_context().default_validation_context();
    for (const SubjectAltNameMatcher& name : validation.match_typed_subject_alt_names()) {
      if (name.san_type() != SubjectAltNameMatcher::URI || name.matcher().exact().empty()) {
        return "only exact URIs are supported as subject alternative names";
      }
      cluster.identities.push_back(name.matcher().exact());
    }
    if (cluster.identities.empty()) return "a TLS context that accepts any identity";
  }
  return std::nullopt;
}

Refusal read_discovery(const Cluster& message) {
  if (message.type() != Cluster::EDS) return "only clusters of type EDS are supported";
  const std::string& service = message.eds_cluster_config().service_name();
  if (!service.empty() && service != message.name())
    return "an EDS service_name other than the cluster's is not supported";
  return std::nullopt;
}

}  // namespace

void to_message(const ClusterConfig& cluster, Cluster& message) {
  message.set_name(cluster.name);
  message.set_type(Cluster::EDS);
  auto& source = *message.mutable_eds_cluster_config()->mutable_eds_config();
  source.mutable_ads();
  source.set_resource_api_version(envoy::config::core::v3::V3);
  message.mutable_eds_cluster_config()->set_service_name(cluster.name);
  set_duration(cluster.connect_timeout, *message.mutable_connect_timeout());
  put_balancer(cluster, message);
  if (cluster.max_requests_per_connection != 0) {
    message.mutable_max_requests_per_connection()->set_value(cluster.max_requests_per_connection);
  }
  to_message(cluster.breakers, *message.mutable_circuit_breakers()->add_thresholds());
  if (cluster.outlier) to_message(*cluster.outlier, *message.mutable_outlier_detection());
  if (cluster.http2) message.mutable_http2_protocol_options();
  if (cluster.idle_timeout != ClusterConfig().idle_timeout) {
    set_duration(cluster.idle_timeout, *message.mutable_common_http_protocol_options()->mutable_idle_timeout());
  }
  if (!cluster.identities.empty()) put_tls(cluster, message);
}

Refusal from_message(const Cluster& message, ClusterConfig& cluster) {
  if (message.name().empty()) return "a cluster without a name";
  cluster.name = message.name();
  Refusal problem = read_discovery(message);
  if (!problem) problem = read_balancer(message, cluster);
  if (!problem && message.has_connect_timeout()) {
    problem = read_positive(message.connect_timeout(), "connect_timeout", cluster.connect_timeout);
  }
  if (!problem && message.has_outlier_detection()) {
    problem = from_message(message.outlier_detection(), cluster.outlier.emplace());
  }
  cluster.max_requests_per_connection = message.max_requests_per_connection().value();
  cluster.http2 = message.has_http2_protocol_options();
  if (!problem) problem = read_tls(message, cluster);
  if (message.circuit_breakers().thresholds_size() > 0) {
    from_message(message.circuit_breakers().thresholds(0), cluster.breakers);
  }
  const auto& http = message.common_http_protocol_options();
  if (!problem && http.has_idle_timeout() && !read_duration(http.idle_timeout(), cluster.idle_timeout)) {
    problem = "idle_timeout is out of range";
  }
  return problem;
}

}  // namespace meshtwin
