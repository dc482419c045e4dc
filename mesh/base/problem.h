#pragma once

// A mistake in what the user gave: where it is, what was found there, what was expected. The command line prints it and
// exits with 2.

#include <stdexcept>
#include <string>

namespace meshtwin {

struct Place {
  std::string file;
  int line = 0;    // from 1; 0: the file as a whole
  int column = 0;  // from 1; 0: the line as a whole
};

class Problem : public std::runtime_error {
 public:
  Problem(Place place, const std::string& message) : std::runtime_error(message), place_(std::move(place)) {}

  const Place& place() const { return place_; }
  std::string text() const;  // "file:line:column: message"

 private:
  Place place_;
};

}  // namespace meshtwin
