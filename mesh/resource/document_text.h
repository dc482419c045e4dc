#pragma once

// A document as text, on its way to whoever acts on it (the control plane, which reads it as it reads what its API
// server gives it): as it was applied, with where it stood.

#include <string>
#include <vector>

namespace meshtwin {

struct DocumentText {
  std::string text;  // one YAML document (JSON is YAML)
  std::string file;  // for messages
  int line = 1;      // where it begins in the file

  bool operator==(const DocumentText&) const = default;
};

// What a `timeline` entry does to the documents the control plane has.
struct ConfigChange {
  bool remove = false;  // those of these kinds, names and namespaces; otherwise they are added or replaced
  std::vector<DocumentText> documents;
};

}  // namespace meshtwin
