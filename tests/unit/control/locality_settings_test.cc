#include "mesh/control/locality_settings.h"

#include <gtest/gtest.h>

#include <map>

namespace meshtwin {
namespace {

const Labels kV1{{"version", "v1"}}, kV2{{"version", "v2"}};
const std::vector<PodEndpoint> kPods{
    {1, {"eu", "eu-a", ""}, true, EndpointTransport::plain, "", "n1", &kV1},
    {2, {"eu", "eu-a", ""}, true, EndpointTransport::plain, "", "n2", &kV2},
    {3, {"eu", "eu-b", ""}, true, EndpointTransport::plain, "", "n3", &kV1},
    {4, {"us", "us-a", ""}, false, EndpointTransport::plain, "", "n4", &kV2},
};
const LabelledPlace kProxy{{"eu", "eu-a", ""}, "n2", &kV1};

// "1@0 2@1" : pod 1 in priority 0, pod 2 in priority 1; "1@0*70": with a locality of weight 70.
std::string seen(const TrafficPolicySpec& policy, std::string_view distribution = {},
                 const LabelledPlace& proxy = kProxy) {
  std::map<std::uint32_t, std::string> by_pod;
  for (const LocalityEndpoints& group : arrange_endpoints(kPods, 80, locality_settings(policy, distribution), proxy)) {
    for (const EndpointConfig& endpoint : group.endpoints) {
      std::string& text = by_pod[endpoint.address.ip];
      text = std::to_string(endpoint.address.ip) + '@' + std::to_string(group.priority);
      if (group.weight > 0) text += '*' + std::to_string(group.weight);
    }
  }
  std::string all;
  for (const auto& [pod, text] : by_pod) all += (all.empty() ? "" : " ") + text;
  return all;
}

TrafficPolicySpec policy_of(LocalityLbSpec setting, bool outlier_detection = true) {
  TrafficPolicySpec policy;
  policy.load_balancer.locality = std::move(setting);
  if (outlier_detection) policy.outlier_detection.emplace();
  return policy;
}

LocalityLbSpec by_labels(std::vector<std::string> labels, std::vector<LocalityFailover> failover = {}) {
  LocalityLbSpec setting;
  setting.failover_priority = std::move(labels);
  setting.failover = std::move(failover);
  return setting;
}

TEST(LocalitySettings, FailOverAsIstioDoes) {
  const std::string flat = "1@0 2@0 3@0 4@0";
  EXPECT_EQ(seen({}), flat);
  EXPECT_EQ(seen(policy_of({})), "1@0 2@0 3@1 4@2") << "failover is on where outlier detection is";
  EXPECT_EQ(seen(policy_of({}, false)), flat);
  LocalityLbSpec off;
  off.enabled = false;
  EXPECT_EQ(seen(policy_of(off)), flat);
}

TEST(LocalitySettings, FailoverPriorityDividesLocalities) {
  EXPECT_EQ(seen(policy_of(by_labels({"version"}))), "1@0 2@1 3@0 4@1");
  EXPECT_EQ(seen(policy_of(by_labels({"version=v2"}))), "1@1 2@0 3@1 4@0");
  EXPECT_EQ(seen(policy_of(by_labels({"topology.kubernetes.io/zone", "version"}))), "1@0 2@1 3@2 4@2");
  EXPECT_EQ(seen(policy_of(by_labels({"kubernetes.io/hostname"}))), "1@1 2@0 3@1 4@1");
  EXPECT_EQ(seen(policy_of(by_labels({"version"}, {{"eu", "asia"}}))), "1@0 2@2 3@1 4@3") << "then by locality";
  EXPECT_EQ(seen(policy_of(by_labels({"version"}), false)), "1@0 2@0 3@0 4@0") << "without outlier detection";
}

TEST(LocalitySettings, TrafficDistributionNeedsNoOutlierDetection) {
  EXPECT_EQ(seen({}, "PreferClose"), "1@0 2@0 3@1 4@2");
  EXPECT_EQ(seen({}, "PreferSameZone"), "1@0 2@0 3@1 4@2");
  EXPECT_EQ(seen({}, "PreferSameNode"), "1@1 2@0 3@2 4@3");
  LocalityLbSpec off;
  off.enabled = false;
  EXPECT_EQ(seen(policy_of(off), "PreferClose"), "1@0 2@0 3@0 4@0") << "the rule's setting goes before it";
}

TEST(LocalitySettings, DistributeWeighsAndExcludesFailover) {
  LocalityLbSpec setting;
  setting.distribute = {{"eu/eu-a/*", {{"eu/eu-a/*", 80}, {"eu/eu-b/*", 20}}}};
  EXPECT_TRUE(locality_settings(policy_of(setting), "").weighs());
  EXPECT_EQ(seen(policy_of(setting)), "1@0*80 2@0*80 3@0*20") << "what no target matches is not seen";
  EXPECT_EQ(seen(policy_of(setting, false)), "1@0*80 2@0*80 3@0*20") << "needs no outlier detection";
  EXPECT_EQ(seen(policy_of(setting), "", {{"us", "us-a", ""}, "", nullptr}), "1@0*2 2@0*2 3@0*1 4@0*1")
      << "no entry for the proxy: as many as there are endpoints";
}

}  // namespace
}  // namespace meshtwin
