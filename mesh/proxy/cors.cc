#include "mesh/proxy/cors.h"

#include <algorithm>

#include "mesh/traffic/text_matcher.h"

namespace meshtwin {
namespace {

bool allows(const CorsRules& rules, std::string_view origin) {
  return std::ranges::any_of(rules.allow_origins, [origin](const StringMatch& allowed) {
    if (allowed.kind == StringMatch::Kind::exact && allowed.text == "*") return true;
    std::string problem;  // there is none: the route table has looked
    return TextMatcher(allowed, problem).matches(origin);
  });
}

void add_list(ResponseHead& head, std::string_view name, const std::vector<std::string>& values) {
  std::string joined;
  for (const std::string& value : values) joined += (joined.empty() ? "" : ",") + value;
  if (!joined.empty()) head.headers.set(name, joined);
}

}  // namespace

std::unique_ptr<ResponseHead> CorsExchange::take(const CorsRules& rules, const RequestHead& head) {
  const std::string_view origin = head.headers.get("origin");
  if (origin.empty()) return nullptr;
  rules_ = &rules;
  if (allows(rules, origin)) origin_ = origin;
  const bool preflight = head.method() == "OPTIONS" && !head.headers.get("access-control-request-method").empty();
  if (!preflight || (origin_.empty() && rules.forward_not_matching_preflights)) return nullptr;
  auto answer = std::make_unique<ResponseHead>(200);
  if (origin_.empty()) return answer;
  answer->headers.set("access-control-allow-origin", origin_);
  if (rules.allow_credentials.value_or(false)) answer->headers.set("access-control-allow-credentials", "true");
  add_list(*answer, "access-control-allow-methods", rules.allow_methods);
  add_list(*answer, "access-control-allow-headers", rules.allow_headers);
  if (rules.max_age.has_value()) {
    answer->headers.set("access-control-max-age", std::to_string(*rules.max_age / kSecond));
  }
  origin_.clear();  // that was all to say about it
  return answer;
}

void CorsExchange::add_to(ResponseHead& head) const {
  if (origin_.empty()) return;
  head.headers.set("access-control-allow-origin", origin_);
  if (rules_->allow_credentials.value_or(false)) head.headers.set("access-control-allow-credentials", "true");
  add_list(head, "access-control-expose-headers", rules_->expose_headers);
}

}  // namespace meshtwin
