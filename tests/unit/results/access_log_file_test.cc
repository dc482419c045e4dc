#include <gtest/gtest.h>

#include <sstream>

#include "results/records_csv.h"
#include "results/run_store.h"

namespace meshtwin {
namespace {

TEST(AccessLogFile, SaysWhoseEachLineIs) {
  RunStore store;
  store.access({2, "sidecar~b", R"({"path":"/b"})"});
  store.access({1, "sidecar~a", "[2026] \"GET /a\""});
  std::ostringstream out;
  write_access_log(out, store);
  EXPECT_EQ(out.str(),
            "sidecar~a [2026] \"GET /a\"\n"
            "{\"proxy\":\"sidecar~b\",\"path\":\"/b\"}\n");
}

}  // namespace
}  // namespace meshtwin
