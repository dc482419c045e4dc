#pragma once

// `meshtwin explain RUN`: where the latency of a run went, in both worlds, or what became of one of its requests.

#include <string>

#include "results/present/style.h"

namespace meshtwin {

struct ExplainArguments {
  std::string run;  // folder of results
  std::string figure = "p50";
  std::string phase;    // empty: the whole run
  std::string route;    // a load's number, or the service its requests go to; empty: all
  std::string request;  // "LOAD/NUMBER"; empty: none
  std::string trace;
  bool json = false;
};

int explain_command(const ExplainArguments& arguments, const Style& style);

}  // namespace meshtwin
