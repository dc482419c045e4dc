// The certificate authority and its clients over memory streams, on both wires.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/control/certificate_client.h"
#include "mesh/control/certificate_service.h"
#include "mesh/runtime/role.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing_world::MemoryWorld;

constexpr std::uint32_t kPlane = 0x0a010001, kFrontend = 0x0a010002, kBackend = 0x0a010003, kZtunnel = 0x0a010004,
                        kStranger = 0x0a010009;

class Events final : public Recorder {
 public:
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}
  void event(EventRecord record) override { texts.push_back(record.kind + std::string(" ") + record.detail); }
  std::vector<std::string> texts;
};

PodDeclaration pod(const char* name, std::uint32_t ip, const char* account, const char* node, bool node_proxy = false) {
  PodDeclaration declared;
  declared.name = name;
  declared.ip = ip;
  declared.service_account = account;
  declared.node = node;
  declared.node_proxy = node_proxy;
  return declared;
}

class Certificates : public ::testing::TestWithParam<Wire> {
 protected:
  bool modelled() const { return GetParam() == Wire::modelled; }

  void serve() {
    service_ = std::make_unique<CertificateService>(config_, world_.runtime, world_.pod(kPlane), events_, modelled());
    ASSERT_TRUE(service_->listen());
  }
  std::unique_ptr<CertificateClient> client(std::uint32_t ip, double jitter = 0) {
    return std::make_unique<CertificateClient>(
        world_.runtime, world_.pod(ip),
        CertificateClientOptions{"proxy", {kPlane, config_.authority_port}, modelled(), 24 * 3600 * kSecond, jitter});
  }
  CertificateClient::Changed into(std::vector<std::shared_ptr<const Credential>>& got) {
    return [this, &got](std::shared_ptr<const Credential> credential, std::shared_ptr<const TrustBundle> trust) {
      EXPECT_EQ(check_peer(credential->facts, *trust, {}, world_.clock.unix_zero() + world_.clock.now()),
                PeerProblem::none);
      EXPECT_EQ(credential->key_pem.empty(), modelled());
      got.push_back(std::move(credential));
    };
  }
  void run(Duration length) { world_.clock.run_until(world_.clock.now() + length); }

  static SpiffeId id(const char* account) { return {"cluster.local", "default", account}; }

  MemoryWorld world_;
  Events events_;
  ControlPlaneConfig config_ = [] {
    ControlPlaneConfig config;
    config.mtls = Mtls::permissive;
    config.pods = {pod("frontend-0", kFrontend, "frontend", "node-0"), pod("backend-0", kBackend, "backend", "node-1"),
                   pod("ztunnel-0", kZtunnel, "ztunnel", "node-0", true)};
    return config;
  }();
  std::unique_ptr<CertificateService> service_;
};

TEST_P(Certificates, APodGetsItsOwnIdentity) {
  serve();
  std::vector<std::shared_ptr<const Credential>> got;
  const auto asker = client(kFrontend);
  asker->want(id("frontend"), into(got));
  run(kSecond);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0]->facts.uri, "spiffe://cluster.local/ns/default/sa/frontend");
  EXPECT_THAT(events_.texts, ElementsAre("certificate signed for frontend-0, for 86400 s"));
}

TEST_P(Certificates, NobodyGetsAnothersIdentity) {
  serve();
  std::vector<std::shared_ptr<const Credential>> got;
  const auto thief = client(kFrontend), stranger = client(kStranger);
  thief->want(id("backend"), into(got));
  stranger->want(id("frontend"), into(got));
  run(50 * kMillisecond);
  EXPECT_TRUE(got.empty());
  ASSERT_GE(events_.texts.size(), 2u);
  EXPECT_THAT(events_.texts, ::testing::Contains(HasSubstr("frontend-0 runs as frontend")));
  EXPECT_THAT(events_.texts, ::testing::Contains(HasSubstr("no pod of the mesh")));
}

TEST_P(Certificates, TheNamespaceIsPartOfTheIdentity) {
  config_.pods[1].name_space = "shop";
  serve();
  std::vector<std::shared_ptr<const Credential>> own, of_default;
  const auto backend = client(kBackend), again = client(kBackend);
  backend->want({"cluster.local", "shop", "backend"}, into(own));
  again->want(id("backend"), into(of_default));
  run(kSecond);
  ASSERT_EQ(own.size(), 1u);
  EXPECT_EQ(own[0]->facts.uri, "spiffe://cluster.local/ns/shop/sa/backend");
  EXPECT_TRUE(of_default.empty());
  EXPECT_THAT(events_.texts, ::testing::Contains(HasSubstr("backend-0 runs as shop/backend")));
}

TEST_P(Certificates, ANodesProxyGetsThoseOfItsNodeOnly) {
  serve();
  std::vector<std::shared_ptr<const Credential>> own, front, back;
  const auto ztunnel = client(kZtunnel);
  ztunnel->want(id("ztunnel"), into(own));
  ztunnel->want(id("frontend"), into(front));
  ztunnel->want(id("backend"), into(back));
  run(kSecond);
  EXPECT_EQ(own.size(), 1u);
  EXPECT_EQ(front.size(), 1u);
  EXPECT_EQ(back.size(), 0u);
  EXPECT_THAT(events_.texts, ::testing::Contains(HasSubstr("no pod on node-0 runs as backend")));
}

TEST_P(Certificates, AKeyProviderKeepsTheKey) {
  serve();
  CertificateClientOptions options{"proxy", {kPlane, config_.authority_port}, modelled()};
  options.key_provider.poll_delay = kMillisecond;
  CertificateClient asker(world_.runtime, world_.pod(kFrontend), options);
  std::shared_ptr<const Credential> got;
  asker.want(id("frontend"), [&](std::shared_ptr<const Credential> credential, std::shared_ptr<const TrustBundle>) {
    got = std::move(credential);
  });
  run(kSecond);
  ASSERT_NE(got, nullptr);
  EXPECT_NE(got->signer, nullptr);
  EXPECT_EQ(got->key_pem, "");
}

TEST_P(Certificates, IsRenewedAtHalfOfItsLifetime) {
  config_.certificate_lifetime = 3600 * kSecond;
  serve();
  std::vector<std::shared_ptr<const Credential>> got;
  const auto asker = client(kFrontend);
  asker->want(id("frontend"), into(got));
  run(1790 * kSecond);
  EXPECT_EQ(got.size(), 1u);
  run(20 * kSecond);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_NE(got[0]->facts.serial, got[1]->facts.serial);
}

TEST_P(Certificates, AsksAgainUntilThereIsAnAuthority) {
  std::vector<std::shared_ptr<const Credential>> got;
  const auto asker = client(kFrontend);
  asker->want(id("frontend"), into(got));
  run(20 * kSecond);
  EXPECT_TRUE(got.empty());
  serve();
  run(20 * kSecond);
  EXPECT_EQ(got.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Wires, Certificates, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& info) { return info.param == Wire::real ? "real" : "modelled"; });

TEST(CertificateMessages, ModelledSizesAreTheRealOnes) {
  const SpiffeId id{"cluster.local", "default", "backend"};
  SigningRequest request;
  request.identity = id;
  request.lifetime = 24 * 3600 * kSecond;
  request.request_pem.assign(static_cast<std::size_t>(certificate_request_size(id)), 'x');
  EXPECT_NEAR(static_cast<double>(encoded_size(request)), static_cast<double>(encode(request).size()), 4);
  SigningResponse response;
  response.facts.uri = to_string(id);
  response.chain_pem.assign(certificate_chain_size(response.facts.uri), 'x');
  EXPECT_NEAR(static_cast<double>(encoded_size(response)), static_cast<double>(encode(response).size()), 4);
}

}  // namespace
}  // namespace meshtwin
