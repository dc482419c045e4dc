#include <gtest/gtest.h>

#include "mesh/identity/authority.h"
#include "mesh/identity/x509.h"

namespace meshtwin {
namespace {

constexpr Time kNow = 1'767'225'600 * kSecond;
constexpr Duration kDay = 24 * 3600 * kSecond;

TEST(SpiffeIdText, GoesBothWays) {
  const SpiffeId id{"example.org", "shop", "cart"};
  EXPECT_EQ(to_string(id), "spiffe://example.org/ns/shop/sa/cart");
  EXPECT_EQ(parse_spiffe_id(to_string(id)), id);
}

TEST(SpiffeIdText, RefusesWhatIsNone) {
  for (const char* text : {"", "spiffe://", "https://a/ns/b/sa/c", "spiffe://a/ns/b/sa/", "spiffe://a/ns//sa/c",
                           "spiffe:///ns/b/sa/c", "spiffe://a/ns/b/sa/c/d", "spiffe://a/b/ns/sa/c", "spiffe://a"}) {
    EXPECT_FALSE(parse_spiffe_id(text).has_value()) << text;
  }
}

TEST(CheckPeer, EveryProblemInItsOrder) {
  const std::string uri = to_string(SpiffeId{"cluster.local", "default", "a"});
  const CertificateFacts good{uri, 1, kNow - 1, kNow + 10, 7};
  const TrustBundle trust{"cluster.local", {6, 7}, {}};
  struct Row {
    const char* name;
    PeerProblem wanted;
    CertificateFacts facts;
    std::vector<std::string> expected;
    Time now;
  };
  auto with = [&good](auto change) {
    CertificateFacts facts = good;
    change(facts);
    return facts;
  };
  const Row rows[] = {
      {"good", PeerProblem::none, good, {}, kNow},
      {"expected", PeerProblem::none, good, {"spiffe://cluster.local/ns/default/sa/b", uri}, kNow},
      {"untrusted", PeerProblem::untrusted, with([](auto& f) { f.signed_by = 8; }), {}, kNow},
      {"early", PeerProblem::not_yet_valid, good, {}, kNow - 2},
      {"late", PeerProblem::expired, good, {}, kNow + 10},
      {"no name", PeerProblem::no_identity, with([](auto& f) { f.uri = "https://a"; }), {}, kNow},
      {"stranger",
       PeerProblem::other_trust_domain,
       with([](auto& f) { f.uri = "spiffe://x/ns/default/sa/a"; }),
       {},
       kNow},
      {"other", PeerProblem::wrong_identity, good, {"spiffe://cluster.local/ns/default/sa/b"}, kNow},
  };
  for (const Row& row : rows) EXPECT_EQ(check_peer(row.facts, trust, row.expected, row.now), row.wanted) << row.name;
}

TEST(Authority, SignsWhatTheModelWouldSay) {
  const SpiffeId id{"cluster.local", "default", "backend"};
  const auto real = make_x509_authority("cluster.local", kNow);
  const auto modelled = make_modelled_authority("cluster.local", 5);
  const CertificateRequest request = make_certificate_request(id);
  const IssuedCertificate issued = real->issue(request.request_pem, id, kNow, kDay);
  const IssuedCertificate model = modelled->issue({}, id, kNow, kDay);
  EXPECT_EQ(issued.facts.uri, model.facts.uri);
  EXPECT_EQ(issued.facts.not_before, model.facts.not_before);
  EXPECT_EQ(issued.facts.not_after, model.facts.not_after);
  EXPECT_EQ(check_peer(issued.facts, real->trust(), {to_string(id)}, kNow), PeerProblem::none);
  EXPECT_EQ(check_peer(model.facts, modelled->trust(), {to_string(id)}, kNow), PeerProblem::none);
  EXPECT_EQ(check_peer(issued.facts, modelled->trust(), {}, kNow), PeerProblem::untrusted);
  const std::vector<X509Ptr> chain = read_chain(issued.chain_pem);
  ASSERT_EQ(chain.size(), 2u);
  EXPECT_EQ(facts_of(*chain[0]).serial, issued.facts.serial);
  EXPECT_EQ(authority_number(*chain[1]), issued.facts.signed_by);
  EXPECT_EQ(X509_verify(chain[0].get(), X509_get0_pubkey(chain[1].get())), 1);
  EXPECT_NE(read_key(request.key_pem), nullptr);
}

TEST(Authority, ModelledSizesAreThoseOfTheRealOnes) {
  for (const char* account : {"a", "backend", "a-rather-long-name-of-a-service-account"}) {
    const SpiffeId id{"cluster.local", "default", account};
    const auto real = make_x509_authority("cluster.local", kNow);
    const CertificateRequest request = make_certificate_request(id);
    const IssuedCertificate issued = real->issue(request.request_pem, id, kNow, kDay);
    const int der = i2d_X509(read_chain(issued.chain_pem)[0].get(), nullptr);
    // Signatures differ by a few bytes from one to the next.
    EXPECT_NEAR(static_cast<double>(certificate_der_size(to_string(id))), der, 6) << account;
    EXPECT_NEAR(static_cast<double>(certificate_request_size(id)), static_cast<double>(request.request_pem.size()), 12);
    EXPECT_NEAR(static_cast<double>(certificate_chain_size(to_string(id))),
                static_cast<double>(issued.chain_pem.size()), 16);
  }
}

TEST(Authority, RefusesARequestThatIsNone) {
  const auto real = make_x509_authority("cluster.local", kNow);
  EXPECT_EQ(real->issue("not a request", SpiffeId(), kNow, kDay).facts.not_after, 0);
  std::string request = make_certificate_request(SpiffeId()).request_pem;
  std::swap(request[120], request[121]);
  EXPECT_EQ(real->issue(request, SpiffeId(), kNow, kDay).facts.not_after, 0);
}

}  // namespace
}  // namespace meshtwin
