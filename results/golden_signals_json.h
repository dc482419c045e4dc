#pragma once

// The golden signals as summary.json has them.

#include "results/golden_signals.h"
#include "results/json_reader.h"

namespace meshtwin {

Json to_json(const ServiceSignals& signals);
ServiceSignals read_signals(const JsonReader& reader);

}  // namespace meshtwin
