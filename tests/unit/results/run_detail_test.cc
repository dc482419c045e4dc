#include "results/run_detail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Duration kMs = kMillisecond;

TEST(RunDetail, SortsLatenciesByPhaseAndLeavesFailuresOut) {
  RunStore store;
  fill_ten_requests(store);
  const RunDetail detail = detail_of(store, two_zone_subject());
  ASSERT_EQ(detail.latencies.size(), 4u);  // three phases and the whole
  EXPECT_THAT(detail.find("start", "")->sorted, ElementsAre(kMs, 2 * kMs, 3 * kMs, 4 * kMs));
  EXPECT_THAT(detail.find("after crash backend in az-a", "")->sorted, ElementsAre(6 * kMs, 7 * kMs, 8 * kMs));
  EXPECT_EQ(detail.find(kWholeRun, "")->sorted.size(), 9u);
  EXPECT_EQ(detail.find("start", "az-a to frontend"), nullptr) << "one route alone is all of them";
}

TEST(RunDetail, TellsRoutesApartWhereThereAreSeveral) {
  RunSubject subject = two_zone_subject();
  subject.routes = {"az-a to frontend", "az-b to frontend"};
  RunStore store;
  for (const std::uint32_t load : {0u, 1u, 1u}) {
    RequestRecord record = request(load, 0, (load + 1) * kMs);
    record.load = load;
    store.request(record);
  }
  const RunDetail detail = detail_of(store, subject);
  EXPECT_EQ(detail.latencies.size(), 12u);
  EXPECT_THAT(detail.find("start", "az-a to frontend")->sorted, ElementsAre(kMs));
  EXPECT_THAT(detail.find(kWholeRun, "az-b to frontend")->sorted, ElementsAre(2 * kMs, 2 * kMs));
  EXPECT_THAT(detail.find("after crash backend in az-a", "az-b to frontend")->sorted, IsEmpty());
  EXPECT_EQ(detail.find(kWholeRun, "")->sorted.size(), 3u);
}

TEST(RunDetail, OfARunWithoutATimelineIsTheWholeRun) {
  RunSubject subject = two_zone_subject();
  subject.marks.clear();
  RunStore store;
  fill_ten_requests(store);
  const RunDetail detail = detail_of(store, subject);
  ASSERT_EQ(detail.latencies.size(), 1u);
  EXPECT_EQ(detail.latencies[0].phase, kWholeRun);
}

TEST(RunDetail, TakesTheFirstEjectionOfAnEndpointAndItsReturnAfterThat) {
  RunSubject subject = two_zone_subject();
  subject.pod_by_ip = {{"10.0.0.3", "backend-az-a-0"}};
  RunStore store;
  store.event({4 * kSecond + 300 * kMs, "ejected", "10.0.0.3:8080", "by another proxy"});
  store.event({4 * kSecond + 200 * kMs, "ejected", "10.0.0.3:8080", "by one proxy"});
  store.event({4 * kSecond + 100 * kMs, "returned", "10.0.0.3:8080", "of an older ejection nobody saw"});
  store.event({9 * kSecond + 200 * kMs, "returned", "10.0.0.3:8080", ""});
  store.event({9 * kSecond + 900 * kMs, "returned", "10.0.0.3:8080", ""});
  store.event({8 * kSecond + 50 * kMs, "ejected", "10.0.0.9:8080", "never returned, no pod's"});
  const RunDetail detail = detail_of(store, subject);
  ASSERT_EQ(detail.endpoints.size(), 2u);
  EXPECT_EQ(detail.endpoints.at("backend-az-a-0"), (EndpointTimes{200 * kMs, 5 * kSecond}));
  EXPECT_EQ(detail.endpoints.at("10.0.0.9:8080"), (EndpointTimes{50 * kMs, std::nullopt}));
}

}  // namespace
}  // namespace meshtwin
