#pragma once

// Documents to text and back. What a document says survives the way; its comments and its layout do not.

#include <span>

#include "mesh/base/problems.h"
#include "mesh/resource/document_text.h"
#include "mesh/resource/node.h"
#include "mesh/resource/resources.h"

namespace meshtwin {

DocumentText to_document_text(const Node& document);

// Reads documents that were checked once already. Throws Problems where one is no longer sound.
Resources read_documents(std::span<const DocumentText> documents);

}  // namespace meshtwin
