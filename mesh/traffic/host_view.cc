#include "mesh/traffic/host_view.h"

#include <algorithm>
#include <cassert>

namespace meshtwin {

void HostView::show(const HostList& list) {
  list_ = &list;
  excluded_.clear();
  edf_ = nullptr;
}

void HostView::exclude(const std::vector<std::uint32_t>& positions) {
  excluded_.clear();
  edf_ = nullptr;
  const auto& all = list_->positions;
  for (const std::uint32_t position : positions) {
    const auto found = std::ranges::lower_bound(all, position);
    if (found != all.end() && *found == position) {
      excluded_.push_back(static_cast<std::uint32_t>(found - all.begin()));
    }
  }
}

std::uint32_t HostView::at(std::uint32_t k) const {
  assert(k < size());
  // excluded_[j] - j hosts are left before the j-th excluded one; the host sought lies behind all for which that is <=
  // k.
  std::uint32_t low = 0;
  auto high = static_cast<std::uint32_t>(excluded_.size());
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (excluded_[middle] - middle <= k) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return list_->positions[k + low];
}

bool HostView::excluded(std::uint32_t place) const {
  return std::ranges::binary_search(excluded_, place);
}

}  // namespace meshtwin
