#include <gtest/gtest.h>

#include "mesh/base/problem.h"
#include "mesh/base/socket_address.h"

namespace meshtwin {
namespace {

TEST(Problem, SaysWhereAsFarAsItIsKnown) {
  struct Case {
    Place place;
    const char* text;
  };
  const Case cases[] = {{{"a.yaml", 3, 7}, "a.yaml:3:7: wrong"},
                        {{"a.yaml", 3, 0}, "a.yaml:3: wrong"},
                        {{"a.yaml", 0, 0}, "a.yaml: wrong"},
                        {{"a.yaml", 0, 9}, "a.yaml: wrong"},
                        {{"", 0, 0}, "wrong"}};
  for (const Case& c : cases) EXPECT_EQ(Problem(c.place, "wrong").text(), c.text);
}

TEST(SocketAddress, PrintsAndOrders) {
  EXPECT_EQ(to_string({0x0a010002, 8080}), "10.1.0.2:8080");
  EXPECT_EQ(to_string({0xffffffff, 65535}), "255.255.255.255:65535");
  EXPECT_EQ(ip_to_string(kLoopback), "127.0.0.1");
  EXPECT_LT((SocketAddress{1, 9}), (SocketAddress{2, 1}));
  EXPECT_LT((SocketAddress{1, 1}), (SocketAddress{1, 2}));
}

}  // namespace
}  // namespace meshtwin
