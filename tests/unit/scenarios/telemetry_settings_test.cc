#include "scenarios/telemetry_settings.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

TelemetryResource document(const char* name_space, Labels selector, std::optional<bool> access_log) {
  TelemetryResource result;
  result.meta.name_space = name_space;
  result.selector = std::move(selector);
  result.access_log = access_log;
  return result;
}

TEST(TelemetrySettings, TheNarrowestDocumentThatSpeaksCounts) {
  const std::vector<TelemetryResource> documents = {document("istio-system", {}, true), document("shop", {}, false),
                                                    document("shop", {{"app", "cart"}}, true),
                                                    document("shop", {{"app", "web"}}, std::nullopt)};
  EXPECT_EQ(access_log_of(documents, "bank", {}), true) << "the mesh's";
  EXPECT_EQ(access_log_of(documents, "shop", {{"app", "pay"}}), false) << "its namespace's";
  EXPECT_EQ(access_log_of(documents, "shop", {{"app", "cart"}}), true) << "its own";
  EXPECT_EQ(access_log_of(documents, "shop", {{"app", "web"}}), false) << "its own says nothing";
  EXPECT_EQ(access_log_of({}, "shop", {}), std::nullopt);
}

TEST(TelemetrySettings, ASelectorOfAnotherNamespaceSelectsNothing) {
  const std::vector<TelemetryResource> documents = {document("istio-system", {{"app", "cart"}}, true)};
  EXPECT_EQ(access_log_of(documents, "shop", {{"app", "cart"}}), std::nullopt);
}

}  // namespace
}  // namespace meshtwin
