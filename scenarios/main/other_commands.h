#pragma once

#include <string>
#include <vector>

#include "results/present/style.h"
#include "scenarios/import_isotope.h"

namespace meshtwin {

struct OtherArguments {
  std::vector<std::string> files;
  std::string file;
  std::string kind;  // of proxy
  IsotopeOptions isotope;
  bool json = false;
  std::string out;  // of calibrate
  int rounds = 3;
  int run = 0;         // of shell and scrape
  int port = 0;        // of scrape; 0: the pod's usual one
  bool sweep = false;  // of schema
};

int schema_command(bool of_sweeps);
int doctor_command(bool json, const Style& style);
int import_isotope_command(const std::string& file, IsotopeOptions options);

}  // namespace meshtwin
