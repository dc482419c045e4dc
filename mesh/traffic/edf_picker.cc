#include "mesh/traffic/edf_picker.h"

namespace meshtwin {

EdfPicker::EdfPicker(const HostList& list, RandomStream& random) {
  cursors_.reserve(list.groups.size());
  for (const WeightGroup& group : list.groups) {
    cursors_.push_back({static_cast<std::uint32_t>(random.below(group.members.size()))});
  }
}

std::optional<EdfPicker::Turn> EdfPicker::take_fresh(const HostList& list) {
  while (first_open_ < cursors_.size() && cursors_[first_open_].taken == list.groups[first_open_].members.size()) {
    ++first_open_;
  }
  if (first_open_ == cursors_.size()) return std::nullopt;
  const WeightGroup& group = list.groups[first_open_];
  const double deadline = 1.0 / group.weight;
  if (!turns_.empty() && turns_.front().deadline < deadline) return std::nullopt;
  Cursor& cursor = cursors_[first_open_];
  const std::size_t member = (std::size_t{cursor.start} + cursor.taken++) % group.members.size();
  return Turn{deadline, 0, group.members[member]};
}

void EdfPicker::add(double weight, std::uint32_t place) {
  turns_.push_back({now_ + 1.0 / weight, order_++, place});
  std::push_heap(turns_.begin(), turns_.end());
}

}  // namespace meshtwin
