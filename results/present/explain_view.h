#pragma once

// Explanations as text and as JSON: where a latency goes, by part and by hop, of one world or of both beside each other
// with the difference of each part; and one request from end to end.

#include <string>
#include <vector>

#include "results/explanation.h"
#include "results/present/style.h"

namespace meshtwin {

// `figure`: "p50", "mean", …. One or two worlds, the modelled one first.
std::string view_of(const std::vector<Explanation>& worlds, const std::string& figure, const Style& style);
std::string json_of(const std::vector<Explanation>& worlds, const std::string& figure);
// The two tables alone.
std::string parts_of(const std::vector<Explanation>& worlds, const Style& style);

// One request in one world: its spans below each other, each with a bar over the request's time, and its parts.
struct OneRequest {
  const TracedRun& run;
  const RequestRecord& request;
};
std::string waterfall_of(const OneRequest& request, const Style& style);
std::string parts_of(const std::vector<OneRequest>& worlds, const Style& style);
std::string json_of(const std::vector<OneRequest>& worlds);

}  // namespace meshtwin
