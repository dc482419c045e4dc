#pragma once

// What every Kubernetes document says of itself, and where it stands.

#include <map>
#include <string>

#include "mesh/base/problem.h"

namespace meshtwin {

using Labels = std::map<std::string, std::string>;

struct ObjectMeta {
  std::string kind;  // "VirtualService"
  std::string name;
  std::string name_space;  // "default" where the document names none; empty for kinds without a namespace
  Labels labels;
  Labels annotations;
  Place place;  // of the document
};

// Whether `labels` has everything `selector` asks for; an empty selector selects all.
inline bool selects(const Labels& selector, const Labels& labels) {
  for (const auto& [key, value] : selector) {
    const auto found = labels.find(key);
    if (found == labels.end() || found->second != value) return false;
  }
  return true;
}

}  // namespace meshtwin
