#include "mesh/telemetry/access_log.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

TEST(AccessLog, AWholeLine) {
  AccessEntry e;
  e.started = 1'700'000'000'123'456'789;
  e.lasted = 7'900'000;
  e.upstream_service = 6'100'000;
  e.method = "POST";
  e.path = "/cart";
  e.protocol = "HTTP/2";
  e.status = 200;
  e.details = "via_upstream";
  e.bytes_received = 12;
  e.bytes_sent = 3456;
  e.user_agent = "curl/7.88";
  e.request_id = "id-1";
  e.authority = "cart:80";
  e.upstream_host = {0x0a010002, 8080};
  e.cluster = "outbound|80||cart";
  e.downstream_local = {0x0a600001, 80};
  e.downstream_remote = {0x0a010001, 40000};
  e.route = "default";
  EXPECT_EQ(
      format_access_line(e),
      "[2023-11-14T22:13:20.123Z] \"POST /cart HTTP/2\" 200 - via_upstream - \"-\" 12 3456 7 6 \"-\" \"curl/7.88\" "
      "\"id-1\" \"cart:80\" \"10.1.0.2:8080\" outbound|80||cart - 10.96.0.1:80 10.1.0.1:40000 - default -");
}

TEST(AccessLog, Json) {
  AccessEntry e;
  e.started = 1'700'000'000'123'456'789;
  e.lasted = 7'900'000;
  e.upstream_service = 6'100'000;
  e.method = "POST";
  e.path = "/a\"\\\n\xff";
  e.protocol = "HTTP/2";
  e.status = 503;
  e.flags = "UF,URX";
  e.details = "via_upstream";
  e.bytes_sent = 3456;
  e.upstream_host = {0x0a010002, 8080};
  e.cluster = "outbound|80||cart";
  e.downstream_local = {0x0a600001, 80};
  e.grpc_status = "Unavailable";
  EXPECT_EQ(format_access_line(e, AccessLogFormat::json),
            "{\"start_time\":\"2023-11-14T22:13:20.123Z\",\"route_name\":null,\"method\":\"POST\","
            "\"path\":\"/a\\\"\\\\\\u000a\\u00ff\",\"protocol\":\"HTTP/2\",\"response_code\":503,"
            "\"response_flags\":\"UF,URX\",\"response_code_details\":\"via_upstream\","
            "\"connection_termination_details\":null,\"bytes_received\":0,\"bytes_sent\":3456,\"duration\":7,"
            "\"upstream_service_time\":\"6\",\"x_forwarded_for\":null,\"user_agent\":null,\"request_id\":null,"
            "\"authority\":null,\"upstream_host\":\"10.1.0.2:8080\",\"upstream_cluster\":\"outbound|80||cart\","
            "\"upstream_local_address\":null,\"downstream_local_address\":\"10.96.0.1:80\","
            "\"downstream_remote_address\":null,\"requested_server_name\":null,"
            "\"upstream_transport_failure_reason\":null,\"grpc_status\":\"Unavailable\"}");
}

TEST(AccessLog, WhatIsNotKnownIsADash) {
  AccessEntry e;
  e.protocol = "HTTP/1.1";
  e.flags = "DC";
  EXPECT_EQ(
      format_access_line(e),
      "[1970-01-01T00:00:00.000Z] \"- - HTTP/1.1\" 0 DC - - \"-\" 0 0 0 - \"-\" \"-\" \"-\" \"-\" \"-\" - - - - - - "
      "-");
}

TEST(AccessLog, AClientCannotWriteALineOfItsOwn) {
  AccessEntry e;
  e.path = "/\" 200\n[forged]";
  e.user_agent = "a\\\"b";
  const std::string line = format_access_line(e);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(line.find("\"- /\\x22 200\\x0a[forged] \""), std::string::npos) << line;
  EXPECT_NE(line.find("\"a\\x5c\\x22b\""), std::string::npos) << line;
}

TEST(AccessLog, GrpcStatusesHaveTheirNames) {
  EXPECT_EQ(grpc_status_name("0", 200), "OK");
  EXPECT_EQ(grpc_status_name("16", 200), "Unauthenticated");
  EXPECT_EQ(grpc_status_name("17", 200), "17");
  EXPECT_EQ(grpc_status_name("x", 200), "x");
  EXPECT_EQ(grpc_status_name("123", 200), "123");
  EXPECT_EQ(grpc_status_name("", 503), "Unavailable");
  EXPECT_EQ(grpc_status_name("", 404), "Unimplemented");
  EXPECT_EQ(grpc_status_name("", 500), "Unknown");
}

}  // namespace
}  // namespace meshtwin
