#include "mesh/control/proto/local_rate_limit.pb.h"
#include "mesh/control/proto/traffic_label.pb.h"
#include "mesh/control/route_messages.h"

namespace meshtwin {
namespace {

using envoy::extensions::filters::http::local_ratelimit::v3::LocalRateLimit;
using LabelMessage = filters::http::traffic_label::TrafficLabel;
using filters::http::traffic_label::Source;

void to_message(const RateLimitConfig& limit, LocalRateLimit& message) {
  message.set_stat_prefix("http_local_rate_limiter");
  message.mutable_status()->set_code(limit.status);
  auto& bucket = *message.mutable_token_bucket();
  bucket.set_max_tokens(limit.max_tokens);
  bucket.mutable_tokens_per_fill()->set_value(limit.tokens_per_fill);
  set_duration(limit.fill_interval, *bucket.mutable_fill_interval());
  set_share(limit.enabled_share, *message.mutable_filter_enabled()->mutable_default_value());
  set_share(limit.enforced_share, *message.mutable_filter_enforced()->mutable_default_value());
  for (const auto& [name, value] : limit.response_headers) {
    auto& header = *message.add_response_headers_to_add()->mutable_header();
    header.set_key(name);
    header.set_value(value);
  }
}

// Shares that are not given are 0, as Envoy's.
Refusal from_message(const LocalRateLimit& message, RateLimitConfig& limit) {
  const auto& bucket = message.token_bucket();
  limit.max_tokens = bucket.max_tokens();
  limit.tokens_per_fill = bucket.has_tokens_per_fill() ? bucket.tokens_per_fill().value() : 1;
  if (limit.max_tokens == 0 || limit.tokens_per_fill == 0) return "a token bucket that never has any";
  if (!read_duration(bucket.fill_interval(), limit.fill_interval) || limit.fill_interval == 0) {
    return "fill_interval must be above 0";
  }
  if (const std::uint32_t status = message.status().code(); status != 0) {
    if (status < 400 || status > 599) return "status " + std::to_string(status) + " is not in 400..599";
    limit.status = static_cast<std::uint16_t>(status);
  }
  if (const Refusal problem = read_share(message.filter_enabled().default_value(), limit.enabled_share)) return problem;
  if (const Refusal problem = read_share(message.filter_enforced().default_value(), limit.enforced_share)) {
    return problem;
  }
  for (const auto& option : message.response_headers_to_add()) {
    limit.response_headers.emplace_back(option.header().key(), option.header().value());
  }
  return std::nullopt;
}

void to_message(const TrafficLabelConfig& config, LabelMessage& message) {
  for (const TrafficLabelRule& rule : config.rules) {
    auto& added = *message.add_rules();
    added.set_label(rule.label);
    for (const LabelSource& source : rule.value_from) {
      Source& from = *added.add_value_from();
      from.set_kind(static_cast<Source::Kind>(source.kind));
      from.set_name(source.name);
      from.set_context_id(source.context_id);
    }
    for (const std::string& protocol : rule.protocols) added.add_protocols(protocol);
  }
  for (const auto& [name, value] : config.pod_labels) {
    auto& label = *message.add_pod_labels();
    label.set_name(name);
    label.set_value(value);
  }
  for (const std::string& name : config.trace_headers) message.add_trace_headers(name);
  for (const std::string& name : config.baggage_headers) message.add_baggage_headers(name);
}

Refusal from_message(const LabelMessage& message, TrafficLabelConfig& config) {
  for (const auto& added : message.rules()) {
    TrafficLabelRule& rule = config.rules.emplace_back();
    rule.label = added.label();
    for (const Source& from : added.value_from()) {
      if (!filters::http::traffic_label::Source_Kind_IsValid(from.kind())) {
        return "a source of a kind that is not supported";
      }
      rule.value_from.push_back({static_cast<LabelSource::Kind>(from.kind()), from.name(), from.context_id()});
    }
    rule.protocols.assign(added.protocols().begin(), added.protocols().end());
  }
  for (const auto& label : message.pod_labels()) config.pod_labels[label.name()] = label.value();
  config.trace_headers.assign(message.trace_headers().begin(), message.trace_headers().end());
  config.baggage_headers.assign(message.baggage_headers().begin(), message.baggage_headers().end());
  return std::nullopt;
}

template <typename Config, typename Message>
void add_filter(const char* name, const Config& config, Message filter, HttpConnectionManagerMessage& message) {
  to_message(config, filter);
  auto& added = *message.add_http_filters();
  added.set_name(name);
  added.mutable_typed_config()->PackFrom(filter);
}

}  // namespace

void put_filters(const HttpFilterConfigs& filters, HttpConnectionManagerMessage& message) {
  if (filters.rate_limit.has_value()) {
    add_filter("envoy.filters.http.local_ratelimit", *filters.rate_limit, LocalRateLimit(), message);
  }
  if (filters.traffic_label.has_value()) {
    add_filter("meshtwin.filters.http.traffic_label", *filters.traffic_label, LabelMessage(), message);
  }
}

Refusal read_filters(const HttpConnectionManagerMessage& message, HttpFilterConfigs& filters) {
  for (const auto& filter : message.http_filters()) {
    LocalRateLimit limit;
    LabelMessage label;
    Refusal problem;
    if (filter.typed_config().Is<LocalRateLimit>() && filter.typed_config().UnpackTo(&limit)) {
      problem = from_message(limit, filters.rate_limit.emplace());
    } else if (filter.typed_config().Is<LabelMessage>() && filter.typed_config().UnpackTo(&label)) {
      problem = from_message(label, filters.traffic_label.emplace());
    } else {
      return "HTTP filter '" + filter.name() + "' is not supported";
    }
    if (problem) return "HTTP filter '" + filter.name() + "': " + *problem;
  }
  return std::nullopt;
}

}  // namespace meshtwin
