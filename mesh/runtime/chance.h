#pragma once

// Random streams by name. The same seed and name give the same stream in both worlds.

#include <cstdint>
#include <string_view>

#include "mesh/base/random.h"

namespace meshtwin {

class Chance {
 public:
  virtual ~Chance() = default;
  virtual RandomStream stream(std::string_view name) = 0;
};

// What both worlds use: streams of the run's seed.
class SeededChance : public Chance {
 public:
  explicit SeededChance(std::uint64_t seed) : seed_(seed) {}
  RandomStream stream(std::string_view name) override { return RandomStream(seed_, name); }

 private:
  std::uint64_t seed_;
};

}  // namespace meshtwin
