#pragma once

// `meshtwin query RUN [SQL]`: what a run wrote down, in SQL.

#include <cstddef>
#include <string>

#include "results/present/style.h"

namespace meshtwin {

struct QueryArguments {
  std::string run;
  std::string question;  // empty: what there is to ask for
  std::string world;     // sim, emu; empty: all that are there
  std::string format = "table";
  std::size_t rows_most = 1000;  // of a table
};

int query_command(const QueryArguments& arguments, const Style& style);  // 0. Throws Problem

}  // namespace meshtwin
