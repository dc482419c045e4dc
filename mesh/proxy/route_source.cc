#include "mesh/proxy/route_source.h"

#include <charconv>

#include "mesh/wire/trace_context.h"

namespace meshtwin {
namespace {

std::optional<std::string_view> header_of(const void* of, std::string_view name, std::string& space) {
  const Headers& headers = *static_cast<const Headers*>(of);
  std::optional<std::string_view> found;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers.name(i) != name) continue;
    if (!found.has_value()) {
      found = headers.value(i);
      continue;
    }
    std::string joined(*found);
    joined += ',';
    joined += headers.value(i);
    space = std::move(joined);
    found = space;
  }
  return found;
}

RouteConfigEntry entry_of(const std::string& name, const std::string& cluster) {
  RouteConfigEntry entry;
  entry.name = name;
  entry.cluster = cluster;
  return entry;
}

}  // namespace

RequestView view_of(const RequestHead& head) {
  return {head.authority(), head.path(), head.method(), &head.headers, header_of};
}

std::uint64_t try_of_sender(const Headers& headers) {
  const std::string_view text = headers.get("x-envoy-attempt-count");
  std::uint64_t count = 1;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

RandomStream RouteDraws::of(const RequestHead& head, Purpose purpose, std::uint64_t number) {
  if (!request_.has_value()) {
    if (const auto trace = read_trace(head.headers)) {
      const auto kind = static_cast<std::uint64_t>(inbound_ ? SpanKind::inbound : context_.span_kind);
      request_ = context_.route_random.keyed(trace->context.path).keyed(kind).keyed(try_of_sender(head.headers));
    } else {
      request_ = context_.untraced_random.keyed(context_.untraced_random.bits());
    }
  }
  return request_->keyed(static_cast<std::uint64_t>(purpose)).keyed(number);
}

FixedRoute::FixedRoute(const std::string& name, const std::string& cluster)
    : entry_(entry_of(name, cluster)), route_(entry_, problem_) {}

}  // namespace meshtwin
