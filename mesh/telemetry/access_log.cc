#include "mesh/telemetry/access_log.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace meshtwin {
namespace {

std::string_view or_dash(std::string_view text) {
  return text.empty() ? "-" : text;
}

std::string address_or_dash(SocketAddress address) {
  return address.port == 0 ? "-" : to_string(address);
}

// A quote or a line's end in what a client sent would be taken for the log's own.
std::string quoted(std::string_view text) {
  std::string safe = "\"";
  for (const char c : or_dash(text)) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned char>(c));
      safe += escaped.data();
    } else {
      safe += c;
    }
  }
  return safe + '"';
}

std::string date(Time unix_time) {
  const auto seconds = static_cast<std::time_t>(unix_time / kSecond);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                static_cast<int>(unix_time % kSecond / kMillisecond));
  return text.data();
}

// google.golang.org/grpc/codes
constexpr std::array<std::string_view, 17> kGrpcNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

std::string_view grpc_name_of_http(std::uint16_t status) {
  switch (status) {
    case 400:
      return "Internal";
    case 401:
      return "Unauthenticated";
    case 403:
      return "PermissionDenied";
    case 404:
      return "Unimplemented";
    case 429:
    case 502:
    case 503:
    case 504:
      return "Unavailable";
    default:
      return "Unknown";
  }
}

}  // namespace

std::string grpc_status_name(std::string_view number, std::uint16_t http_status) {
  if (number.empty()) return std::string(grpc_name_of_http(http_status));
  std::size_t code = number.size() <= 2 ? 0 : kGrpcNames.size();
  for (const char c : number.substr(0, 2)) code = c >= '0' && c <= '9' ? code * 10 + (c - '0') : kGrpcNames.size();
  return std::string(code < kGrpcNames.size() ? kGrpcNames[code] : number);
}

namespace {

std::string text_line(const AccessEntry& e) {
  std::string line = "[" + date(e.started) + "] ";
  const auto add = [&line](std::string_view text) { line.append(text).append(" "); };
  const auto add_number = [&add](std::int64_t number) { add(std::to_string(number)); };
  add(quoted(std::string(or_dash(e.method)) + " " + std::string(or_dash(e.path)) + " " + std::string(e.protocol)));
  add_number(e.status);
  add(or_dash(e.flags));
  add(or_dash(e.details));
  add("-");  // connection termination details
  add(quoted(e.transport_failure));
  add_number(static_cast<std::int64_t>(e.bytes_received));
  add_number(static_cast<std::int64_t>(e.bytes_sent));
  add_number(e.lasted / kMillisecond);
  add(e.upstream_service < 0 ? "-" : std::to_string(e.upstream_service / kMillisecond));
  for (const std::string* text : {&e.forwarded_for, &e.user_agent, &e.request_id, &e.authority}) add(quoted(*text));
  add(quoted(address_or_dash(e.upstream_host)));
  add(or_dash(e.cluster));
  add("-");  // upstream local address
  add(address_or_dash(e.downstream_local));
  add(address_or_dash(e.downstream_remote));
  add("-");  // requested server name
  add(or_dash(e.route));
  line.append(or_dash(e.grpc_status));
  return line;
}

class JsonObject {
 public:
  void add_raw(std::string_view key, std::string_view value) {
    text_ += text_.empty() ? '{' : ',';
    text_.append("\"").append(key).append("\":").append(value);
  }
  void add(std::string_view key, std::string_view value) { add_raw(key, json_text(value)); }
  void add_or_null(std::string_view key, std::string_view value) {
    add_raw(key, value.empty() ? "null" : json_text(value));
  }
  void add_number(std::string_view key, std::uint64_t value) { add_raw(key, std::to_string(value)); }
  std::string text() { return text_ + '}'; }

 private:
  // What is not ASCII may not be UTF-8 either: each such byte is written as the character of its number.
  static std::string json_text(std::string_view text) {
    std::string safe = "\"";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        safe.append("\\").push_back(c);
      } else if (byte < 0x20 || byte >= 0x7f) {
        std::array<char, 8> escaped{};
        std::snprintf(escaped.data(), escaped.size(), "\\u%04x", byte);
        safe += escaped.data();
      } else {
        safe += c;
      }
    }
    return safe + '"';
  }

  std::string text_;
};

std::string address_or_nothing(SocketAddress address) {
  return address.port == 0 ? "" : to_string(address);
}

std::string json_line(const AccessEntry& e) {
  JsonObject line;
  line.add("start_time", date(e.started));
  line.add_or_null("route_name", e.route);
  line.add_or_null("method", e.method);
  line.add_or_null("path", e.path);
  line.add("protocol", e.protocol);
  line.add_number("response_code", e.status);
  line.add("response_flags", or_dash(e.flags));
  line.add_or_null("response_code_details", e.details);
  line.add_raw("connection_termination_details", "null");
  line.add_number("bytes_received", e.bytes_received);
  line.add_number("bytes_sent", e.bytes_sent);
  line.add_number("duration", static_cast<std::uint64_t>(e.lasted / kMillisecond));
  // A header's value where Envoy takes it from, and so a text.
  line.add_or_null("upstream_service_time",
                   e.upstream_service < 0 ? "" : std::to_string(e.upstream_service / kMillisecond));
  line.add_or_null("x_forwarded_for", e.forwarded_for);
  line.add_or_null("user_agent", e.user_agent);
  line.add_or_null("request_id", e.request_id);
  line.add_or_null("authority", e.authority);
  line.add_or_null("upstream_host", address_or_nothing(e.upstream_host));
  line.add_or_null("upstream_cluster", e.cluster);
  line.add_raw("upstream_local_address", "null");
  line.add_or_null("downstream_local_address", address_or_nothing(e.downstream_local));
  line.add_or_null("downstream_remote_address", address_or_nothing(e.downstream_remote));
  line.add_raw("requested_server_name", "null");
  line.add_or_null("upstream_transport_failure_reason", e.transport_failure);
  if (!e.grpc_status.empty()) line.add("grpc_status", e.grpc_status);
  return line.text();
}

}  // namespace

std::string format_access_line(const AccessEntry& entry, AccessLogFormat format) {
  return format == AccessLogFormat::json ? json_line(entry) : text_line(entry);
}

}  // namespace meshtwin
