#include "mesh/control/route_messages.h"

namespace meshtwin {
namespace {

using MatchMessage = envoy::config::route::v3::RouteMatch;
using StringMessage = envoy::type::matcher::v3::StringMatcher;
using envoy::type::v3::FractionalPercent;

void set_path(const RouteMatch& match, MatchMessage& message) {
  switch (match.path_kind) {
    case RouteMatch::PathKind::prefix:
      message.set_prefix(match.path);
      break;
    case RouteMatch::PathKind::segments:
      message.set_path_separated_prefix(match.path);
      break;
    case RouteMatch::PathKind::exact:
      message.set_path(match.path);
      break;
    case RouteMatch::PathKind::regex:
      message.mutable_safe_regex()->set_regex(match.path);
      break;
  }
}

Refusal read_path(const MatchMessage& message, RouteMatch& match) {
  switch (message.path_specifier_case()) {
    case MatchMessage::kPrefix:
      match.path_kind = RouteMatch::PathKind::prefix;
      match.path = message.prefix();
      return std::nullopt;
    case MatchMessage::kPathSeparatedPrefix:
      match.path_kind = RouteMatch::PathKind::segments;
      match.path = message.path_separated_prefix();
      return std::nullopt;
    case MatchMessage::kPath:
      match.path_kind = RouteMatch::PathKind::exact;
      match.path = message.path();
      return std::nullopt;
    case MatchMessage::kSafeRegex:
      match.path_kind = RouteMatch::PathKind::regex;
      match.path = message.safe_regex().regex();
      return std::nullopt;
    default:
      return "a route that matches no path";
  }
}

// A matcher of headers and one of query parameters say alike what a value must be.
template <typename Message>
void set_value(const StringMatch& match, Message& message) {
  if (match.kind == StringMatch::Kind::present) {
    message.set_present_match(true);
  } else {
    to_message(match, *message.mutable_string_match());
  }
}

template <typename Message>
Refusal read_value(const Message& message, StringMatch& match) {
  match.kind = StringMatch::Kind::present;
  if (message.has_string_match()) return from_message(message.string_match(), match);
  return std::nullopt;
}

}  // namespace

void to_message(const StringMatch& match, StringMessage& message) {
  switch (match.kind) {
    case StringMatch::Kind::present:  // in a place where a text must be given: any
      message.set_prefix("");
      break;
    case StringMatch::Kind::exact:
      message.set_exact(match.text);
      break;
    case StringMatch::Kind::prefix:
      message.set_prefix(match.text);
      break;
    case StringMatch::Kind::suffix:
      message.set_suffix(match.text);
      break;
    case StringMatch::Kind::contains:
      message.set_contains(match.text);
      break;
    case StringMatch::Kind::regex:
      message.mutable_safe_regex()->set_regex(match.text);
      break;
  }
  message.set_ignore_case(match.ignore_case);
}

Refusal from_message(const StringMessage& message, StringMatch& match) {
  match.ignore_case = message.ignore_case();
  switch (message.match_pattern_case()) {
    case StringMessage::kExact:
      match.kind = StringMatch::Kind::exact;
      match.text = message.exact();
      return std::nullopt;
    case StringMessage::kPrefix:
      match.kind = message.prefix().empty() ? StringMatch::Kind::present : StringMatch::Kind::prefix;
      match.text = message.prefix();
      return std::nullopt;
    case StringMessage::kSuffix:
      match.kind = StringMatch::Kind::suffix;
      match.text = message.suffix();
      return std::nullopt;
    case StringMessage::kContains:
      match.kind = StringMatch::Kind::contains;
      match.text = message.contains();
      return std::nullopt;
    case StringMessage::kSafeRegex:
      match.kind = StringMatch::Kind::regex;
      match.text = message.safe_regex().regex();
      return std::nullopt;
    default:
      return "a text matcher of a kind that is not supported";
  }
}

void to_message(const RouteMatch& match, MatchMessage& message) {
  set_path(match, message);
  if (match.ignore_case) message.mutable_case_sensitive()->set_value(false);
  for (const HeaderMatch& header : match.headers) {
    auto& matcher = *message.add_headers();
    matcher.set_name(header.name);
    set_value(header.value, matcher);
    matcher.set_invert_match(header.invert);
  }
  for (const auto& [name, value] : match.query_params) {
    auto& matcher = *message.add_query_parameters();
    matcher.set_name(name);
    set_value(value, matcher);
  }
}

Refusal from_message(const MatchMessage& message, RouteMatch& match) {
  if (const Refusal problem = read_path(message, match)) return problem;
  match.ignore_case = message.has_case_sensitive() && !message.case_sensitive().value();
  for (const auto& matcher : message.headers()) {
    if (matcher.name().empty()) return "a header matcher without a name";
    HeaderMatch& header = match.headers.emplace_back();
    header.name = matcher.name();
    header.invert = matcher.invert_match();
    if (const Refusal problem = read_value(matcher, header.value)) return "header '" + header.name + "': " + *problem;
  }
  for (const auto& matcher : message.query_parameters()) {
    auto& [name, value] = match.query_params.emplace_back();
    name = matcher.name();
    if (const Refusal problem = read_value(matcher, value)) return "query parameter '" + name + "': " + *problem;
  }
  return std::nullopt;
}

void set_share(double share, FractionalPercent& message) {
  message.set_numerator(static_cast<std::uint32_t>(share * 1'000'000 + 0.5));
  message.set_denominator(FractionalPercent::MILLION);
}

Refusal read_share(const FractionalPercent& message, double& share) {
  std::uint32_t of = 100;
  if (message.denominator() == FractionalPercent::TEN_THOUSAND) of = 10'000;
  if (message.denominator() == FractionalPercent::MILLION) of = 1'000'000;
  if (message.numerator() > of) return "a share above 1";
  share = static_cast<double>(message.numerator()) / of;
  return std::nullopt;
}

}  // namespace meshtwin
