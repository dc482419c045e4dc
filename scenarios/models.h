#pragma once

// Readers that more than one part of the language uses: distributions of durations, ports of services, sequences of
// rates.

#include <vector>

#include "scenarios/loading.h"

namespace meshtwin {

DurationModel read_duration_model(Loading& loading, const Node& node);
// The port a client of the service dials; a problem when another is asked for.
std::uint16_t checked_port(Loading& loading, const Node* port, const ServiceEntry& service);
// A constant rate, points, or a CSV file of them; in order of time.
std::vector<RatePoint> read_rate_schedule(Loading& loading, const Node& node);
// The scenario's folder joined with a path as it stands in the file.
std::string beside(const Loading& loading, const std::string& path);

}  // namespace meshtwin
