#pragma once

// Readers that more than one part of the language uses: distributions of durations, ports of services, sequences of
// rates.

#include <string>
#include <utility>
#include <vector>

#include "scenarios/loading.h"

namespace meshtwin {

DurationModel read_duration_model(Loading& loading, const Node& node);
// The port a client of the service dials; a problem when another is asked for.
std::uint16_t checked_port(Loading& loading, const Node* port, const HostEntry& host);
// What is said of requests, by loads and calls: `path`; headers by name, in lower case as they are sent.
std::string read_path(Loading& loading, const Node& node);
std::vector<std::pair<std::string, std::string>> read_headers(Loading& loading, const Node* headers);
std::string header_name(Loading& loading, const Node& name);
// A constant rate, points, or a CSV file of them; in order of time.
std::vector<RatePoint> read_rate_schedule(Loading& loading, const Node& node);
// The scenario's folder joined with a path as it stands in the file.
std::string beside(const Loading& loading, const std::string& path);

}  // namespace meshtwin
