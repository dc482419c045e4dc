#include "mesh/control/resource_set.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

// "a1 b2": a resource a of version 1, and b of version 2.
ResourceSet set_of(const std::string& text) {
  ResourceSet set;
  for (std::size_t at = 0; at < text.size(); at += 3) put_resource(set, resource_named({text[at]}, {text[at + 1]}));
  return set;
}

std::string text_of(const ResourceSet& set) {
  std::string text;
  for (const XdsResourcePtr& resource : set) text += (text.empty() ? "" : " ") + resource->name + resource->version;
  return text;
}

TEST(ResourceSet, IsSortedAndHoldsANameOnce) {
  ResourceSet set = set_of("c1 a1 b1 a2");
  EXPECT_EQ(text_of(set), "a2 b1 c1");
  erase_resource(set, "b");
  erase_resource(set, "x");
  EXPECT_EQ(text_of(set), "a2 c1");
  EXPECT_EQ(find_resource(set, "b"), nullptr);
  EXPECT_EQ(find_resource(set, "c"), set[1]);
}

TEST(ResourceSet, IsCompletedByWhatIsOwed) {
  struct Case {
    std::string set, owed, target;
    bool completed;
  };
  const Case cases[] = {
      {"", "", "", true},
      {"a1 b1", "", "a1 b1", true},
      {"a1 b1", "", "a1 b2", false},
      {"a1 b1", "b1", "a1 b2", true},
      {"a1 b1", "a1", "a1 b2", false},
      {"", "a1 b1", "a1 b1", true},
      {"", "a1", "a1 b1", false},
      {"b1", "", "a1 b1", false},
      {"a1 b1 c1", "", "b1", false},
      {"a1 b1 c1", "a1", "b1", false},
      {"a1 b1 c1", "c1", "b1", false},
      {"a1 b1 c1", "a1 c1", "b1", true},
      {"a1 c1", "b1 c1", "a1 b1 c2", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(completed_by(set_of(c.set), set_of(c.owed), set_of(c.target)), c.completed)
        << "{" << c.set << "} owed {" << c.owed << "} towards {" << c.target << "}";
  }
}

}  // namespace
}  // namespace meshtwin
