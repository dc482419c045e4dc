#pragma once

// `meshtwin export RUN --format …`: what a run wrote down, in formats that others read: its tables in files, its spans
// on standard output.

#include <string>

namespace meshtwin {

struct ExportArguments {
  std::string run;     // folder of results, of one world, or a store
  std::string format;  // csv, json: every table; otlp, zipkin: spans
  std::string world;   // sim, emu; empty: all that are there; of spans: the real one, where it is
  std::string out;     // folder for the tables
};

int export_command(const ExportArguments& arguments);  // 0. Throws Problem, ResultsError

}  // namespace meshtwin
