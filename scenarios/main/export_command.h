#pragma once

// `meshtwin export RUN --format …`: what a run wrote down, on standard output, in a format that other tools read.

#include <string>

namespace meshtwin {

struct ExportArguments {
  std::string run;     // folder of results
  std::string format;  // otlp, zipkin
  std::string world;   // empty: the only one there is, or the real one
};

int export_command(const ExportArguments& arguments);

}  // namespace meshtwin
