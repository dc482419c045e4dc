#pragma once

// One list of hosts as one proxy sees it: the shared list less the hosts this proxy has ejected. Only the ejected ones
// are stored, so a view of 10,000 hosts is as small as a view of two; the k-th host that is left is found by binary
// search.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/traffic/assignment_index.h"
#include "mesh/traffic/edf_picker.h"

namespace meshtwin {

class HostView {
 public:
  // The round starts anywhere, so that the proxies of a cluster do not all begin with the same host.
  explicit HostView(RandomStream& random) : next_(random.bits()) {}

  // Looks at another list, nothing excluded. The place in the round is kept.
  void show(const HostList& list);
  // `positions` ascending; those not in the list are ignored.
  void exclude(const std::vector<std::uint32_t>& positions);

  std::uint32_t size() const { return static_cast<std::uint32_t>(list_->positions.size() - excluded_.size()); }
  bool weights_differ() const { return !list_->groups.empty(); }

  // Positions in AssignmentIndex::hosts. Only when size() > 0.
  std::uint32_t at(std::uint32_t k) const;
  std::uint32_t next_in_round() { return at(static_cast<std::uint32_t>(next_++ % size())); }
  // By earliest deadline first; `weight_of(position)` gives the host's weight now.
  template <typename WeightOf>
  std::uint32_t next_by_weight(RandomStream& random, WeightOf weight_of);

 private:
  bool excluded(std::uint32_t place) const;

  const HostList* list_ = nullptr;
  std::vector<std::uint32_t> excluded_;  // places in the list, ascending
  std::uint64_t next_;
  std::unique_ptr<EdfPicker> edf_;  // since the list or what is excluded last changed
};

template <typename WeightOf>
std::uint32_t HostView::next_by_weight(RandomStream& random, WeightOf weight_of) {
  const auto pick = [&] {
    return *edf_->pick(
        *list_, [this](std::uint32_t place) { return excluded(place); },
        [&](std::uint32_t place) { return weight_of(list_->positions[place]); });
  };
  if (edf_ == nullptr) {
    edf_ = std::make_unique<EdfPicker>(*list_, random);
    for (std::uint64_t skipped = EdfPicker::start_offset(size(), random); skipped > 0; --skipped) pick();
  }
  return list_->positions[pick()];
}

}  // namespace meshtwin
