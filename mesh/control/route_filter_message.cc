#include <charconv>

#include "mesh/control/proto/cors.pb.h"
#include "mesh/control/proto/fault.pb.h"
#include "mesh/control/route_messages.h"

namespace meshtwin {
namespace {

using envoy::config::route::v3::Route;
using envoy::extensions::filters::http::cors::v3::CorsPolicy;
using envoy::extensions::filters::http::fault::v3::HTTPFault;

constexpr const char* kFault = "envoy.filters.http.fault";
constexpr const char* kCors = "envoy.filters.http.cors";

void to_message(const FaultAction& fault, HTTPFault& message) {
  if (fault.delay > 0) {
    set_duration(fault.delay, *message.mutable_delay()->mutable_fixed_delay());
    set_share(fault.delay_share, *message.mutable_delay()->mutable_percentage());
  }
  if (fault.abort_grpc_status.has_value()) {
    message.mutable_abort()->set_grpc_status(*fault.abort_grpc_status);
  } else if (fault.abort_status != 0) {
    message.mutable_abort()->set_http_status(fault.abort_status);
  }
  if (message.has_abort()) set_share(fault.abort_share, *message.mutable_abort()->mutable_percentage());
}

Refusal from_message(const HTTPFault& message, FaultAction& fault) {
  if (message.has_delay()) {
    if (!read_duration(message.delay().fixed_delay(), fault.delay)) return "fixed_delay is out of range";
    if (const Refusal problem = read_share(message.delay().percentage(), fault.delay_share)) return problem;
  }
  if (!message.has_abort()) return std::nullopt;
  if (message.abort().has_grpc_status()) {
    fault.abort_grpc_status = static_cast<std::uint16_t>(message.abort().grpc_status());
  } else if (message.abort().http_status() >= 200 && message.abort().http_status() < 600) {
    fault.abort_status = static_cast<std::uint16_t>(message.abort().http_status());
  } else {
    return "http_status " + std::to_string(message.abort().http_status()) + " is not in 200..599";
  }
  return read_share(message.abort().percentage(), fault.abort_share);
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ",") + value;
  return text;
}

std::vector<std::string> separated(std::string_view text) {
  std::vector<std::string> values;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    values.emplace_back(one);
  }
  return values;
}

void to_message(const CorsRules& cors, CorsPolicy& message) {
  for (const StringMatch& origin : cors.allow_origins) to_message(origin, *message.add_allow_origin_string_match());
  message.set_allow_methods(joined(cors.allow_methods));
  message.set_allow_headers(joined(cors.allow_headers));
  message.set_expose_headers(joined(cors.expose_headers));
  if (cors.max_age.has_value()) message.set_max_age(std::to_string(*cors.max_age / kSecond));
  if (cors.allow_credentials.has_value()) message.mutable_allow_credentials()->set_value(*cors.allow_credentials);
  message.mutable_forward_not_matching_preflights()->set_value(cors.forward_not_matching_preflights);
}

Refusal from_message(const CorsPolicy& message, CorsRules& cors) {
  for (const auto& origin : message.allow_origin_string_match()) {
    if (const Refusal problem = from_message(origin, cors.allow_origins.emplace_back())) return problem;
  }
  cors.allow_methods = separated(message.allow_methods());
  cors.allow_headers = separated(message.allow_headers());
  cors.expose_headers = separated(message.expose_headers());
  if (const std::string& text = message.max_age(); !text.empty()) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > 1'000'000'000) {
      return "max_age '" + text + "' is no number of seconds";
    }
    cors.max_age = seconds * kSecond;
  }
  if (message.has_allow_credentials()) cors.allow_credentials = message.allow_credentials().value();
  cors.forward_not_matching_preflights =
      !message.has_forward_not_matching_preflights() || message.forward_not_matching_preflights().value();
  return std::nullopt;
}

}  // namespace

void put_filters(const RouteConfigEntry& route, Route& message) {
  const auto add = [&message](const char* name, const auto& config) {
    auto& entry = *message.add_typed_per_filter_config();
    entry.set_key(name);
    entry.mutable_value()->PackFrom(config);
  };
  if (route.fault.has_value()) {
    HTTPFault fault;
    to_message(*route.fault, fault);
    add(kFault, fault);
  }
  if (route.cors != nullptr) {
    CorsPolicy cors;
    to_message(*route.cors, cors);
    add(kCors, cors);
  }
}

Refusal read_filters(const Route& message, RouteConfigEntry& route) {
  for (const auto& entry : message.typed_per_filter_config()) {
    const auto& config = entry.value();
    HTTPFault fault;
    CorsPolicy cors;
    if (config.Is<HTTPFault>() && config.UnpackTo(&fault)) {
      if (const Refusal problem = from_message(fault, route.fault.emplace())) return "fault: " + *problem;
    } else if (config.Is<CorsPolicy>() && config.UnpackTo(&cors)) {
      auto rules = std::make_shared<CorsRules>();
      if (const Refusal problem = from_message(cors, *rules)) return "cors: " + *problem;
      route.cors = std::move(rules);
    } else {
      return "typed_per_filter_config '" + entry.key() + "' is not supported";
    }
  }
  return std::nullopt;
}

}  // namespace meshtwin
