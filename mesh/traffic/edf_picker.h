#pragma once

// Weighted choice by earliest deadline first: a host comes again 1/weight after its last turn, so that turns are spread
// evenly in proportion to weight. A host that has not had its first turn needs no entry: its deadline is 1/weight, the
// same for all of its weight group, and a cursor over the group stands for it. So the memory is that of the hosts that
// were picked.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/traffic/assignment_index.h"

namespace meshtwin {

class EdfPicker {
 public:
  EdfPicker(const HostList& list, RandomStream& random);

  // How many turns to pass over at the start, so that proxies with the same hosts are not in step.
  static std::uint64_t start_offset(std::uint32_t hosts, RandomStream& random) {
    return random.below(std::min(hosts, kLongestOffset));
  }

  // The place in the list of the next host for which `excluded(place)` is false; none if there is no such. An excluded
  // host does not come back: whoever changes what is excluded starts a new picker.
  template <typename Excluded, typename WeightOf>
  std::optional<std::uint32_t> pick(const HostList& list, Excluded excluded, WeightOf weight_of);

 private:
  static constexpr std::uint32_t kLongestOffset = 64;

  struct Turn {
    double deadline;
    std::uint64_t order;  // of insertion: earlier first among equal deadlines
    std::uint32_t place;
    bool operator<(const Turn& other) const {
      return deadline != other.deadline ? deadline > other.deadline : order > other.order;  // as std heaps want it
    }
  };
  struct Cursor {
    std::uint32_t start;
    std::uint32_t taken = 0;
  };

  // The next host without a turn so far, if it is due before every host that had one.
  std::optional<Turn> take_fresh(const HostList& list);
  void add(double weight, std::uint32_t place);

  double now_ = 0;
  std::uint64_t order_ = 0;
  std::size_t first_open_ = 0;  // groups before it have no fresh hosts left
  std::vector<Cursor> cursors_;
  std::vector<Turn> turns_;  // a heap
};

template <typename Excluded, typename WeightOf>
std::optional<std::uint32_t> EdfPicker::pick(const HostList& list, Excluded excluded, WeightOf weight_of) {
  for (;;) {
    std::optional<Turn> turn = take_fresh(list);
    if (turn) {
      if (excluded(turn->place)) continue;
      const double deadline = 1.0 / weight_of(turn->place);
      if (deadline > turn->deadline) {  // lighter at present than by its configured weight: not due yet
        turns_.push_back({deadline, order_++, turn->place});
        std::push_heap(turns_.begin(), turns_.end());
        continue;
      }
    } else {
      if (turns_.empty()) return std::nullopt;
      std::pop_heap(turns_.begin(), turns_.end());
      turn = turns_.back();
      turns_.pop_back();
      if (excluded(turn->place)) continue;
    }
    now_ = std::max(now_, turn->deadline);
    add(weight_of(turn->place), turn->place);
    return turn->place;
  }
}

}  // namespace meshtwin
