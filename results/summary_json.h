#pragma once

// summary.json: the Summary as a documented, versioned file (results/README.md), written and read back.

#include <string>

#include "results/summary.h"

namespace meshtwin {

std::string to_json(const Summary& summary);

// Throws Problem naming the file and the key that is missing or not what it should be.
Summary parse_summary(const std::string& json, const std::string& file_name);
Summary load_summary(const std::string& path);

}  // namespace meshtwin
