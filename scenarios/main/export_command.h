#pragma once

// `meshtwin export RUN`: what a run wrote down, in formats that others read.

#include <string>

namespace meshtwin {

struct ExportArguments {
  std::string run;
  std::string format;
  std::string world;  // sim, emu; empty: all that are there
  std::string out;
};

int export_command(const ExportArguments& arguments);  // 0. Throws Problem, ResultsError

}  // namespace meshtwin
