#pragma once

// Every mistake found in what the user gave, thrown as one: a scenario with five mistakes is corrected in one round,
// not five. Checks add to a ProblemList while they go on and end with `throw_if_any`.

#include <stdexcept>
#include <string>
#include <vector>

#include "mesh/base/problem.h"

namespace meshtwin {

class Problems : public std::runtime_error {
 public:
  explicit Problems(std::vector<Problem> all);

  const std::vector<Problem>& all() const { return all_; }  // at least one; what() is their texts, a line each

 private:
  std::vector<Problem> all_;
};

class ProblemList {
 public:
  // Beyond this many, further problems are dropped: a hostile file shall not cost unbounded work.
  static constexpr std::size_t kLimit = 100;

  void add(const Place& place, const std::string& message);
  bool full() const { return all_.size() >= kLimit; }
  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  // In order of their places, those of one file together in the order in which the files first came up.
  void throw_if_any() const;

 private:
  std::vector<Problem> all_;
};

}  // namespace meshtwin
