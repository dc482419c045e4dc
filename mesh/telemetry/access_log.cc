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

std::string format_access_line(const AccessEntry& e) {
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

}  // namespace meshtwin
