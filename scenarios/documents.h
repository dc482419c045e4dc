#pragma once

// Documents that a scenario is given, at its beginning and by its timeline.

#include "scenarios/loading.h"

namespace meshtwin {

// A document, or {file: …, ignore: […]}.
void read_documents_of(Loading& loading, const Node& node, Resources& into);

// Reads what each `apply` and `delete` of the timeline names, into Loading::changes.
void load_changes(Loading& loading);

}  // namespace meshtwin
