#include "mesh/telemetry/record.h"

#include <gtest/gtest.h>

#include <set>

namespace meshtwin {
namespace {

// The names stand in result files: each failure has one, no two the same, and none may change.
TEST(Failure, NamesAreThoseOfTheFiles) {
  struct Case {
    Failure failure;
    const char* name;
  };
  const Case cases[] = {{Failure::none, "NONE"},
                        {Failure::connect_refused, "CONNECT_REFUSED"},
                        {Failure::connect_timeout, "CONNECT_TIMEOUT"},
                        {Failure::unreachable, "UNREACHABLE"},
                        {Failure::reset, "RESET"},
                        {Failure::timeout, "TIMEOUT"},
                        {Failure::http_4xx, "HTTP_4XX"},
                        {Failure::http_5xx, "HTTP_5XX"},
                        {Failure::protocol, "PROTOCOL"},
                        {Failure::unfinished, "UNFINISHED"}};
  std::set<std::string_view> names;
  for (const Case& c : cases) {
    EXPECT_EQ(name_of(c.failure), c.name);
    names.insert(c.name);
  }
  EXPECT_EQ(names.size(), kFailureCount);
}

}  // namespace
}  // namespace meshtwin
