#pragma once

// Which documents are in force while the timeline goes on.

#include <map>
#include <string>

#include "scenarios/loading.h"

namespace meshtwin {

struct DocumentId {
  std::string kind;
  std::string name_space;
  std::string name;
  friend auto operator<=>(const DocumentId&, const DocumentId&) = default;
};

class DocumentsInForce {
 public:
  explicit DocumentsInForce(Loading& loading);

  // In order of time. They fill in the action's documents.
  void apply(const Node& value, TimelineAction& action);
  void remove(const Node& value, TimelineAction& action);

 private:
  DocumentId id_named(const Node& node);
  void take(const DocumentId& id, const Place& at, TimelineAction& action);

  Loading& loading_;
  std::map<DocumentId, DocumentText> documents_;
};

// How an `apply` or `delete` calls its documents: "reviews-v3.yaml", "VirtualService reviews".
std::string named_in(const Node& value);

}  // namespace meshtwin
