#include "mesh/traffic/edf_picker.h"

namespace meshtwin {

namespace {

// A list whose hosts all weigh the same has no groups: it is one.
std::size_t group_count(const HostList& list) {
  return list.groups.empty() ? 1 : list.groups.size();
}
std::size_t group_size(const HostList& list, std::size_t group) {
  return list.groups.empty() ? list.positions.size() : list.groups[group].members.size();
}
std::uint32_t weight_of_group(const HostList& list, std::size_t group) {
  return list.groups.empty() ? list.weight : list.groups[group].weight;
}

}  // namespace

EdfPicker::EdfPicker(const HostList& list, RandomStream& random) {
  cursors_.reserve(group_count(list));
  for (std::size_t group = 0; group < group_count(list); ++group) {
    cursors_.push_back({static_cast<std::uint32_t>(random.below(group_size(list, group)))});
  }
}

std::optional<EdfPicker::Turn> EdfPicker::take_fresh(const HostList& list) {
  while (first_open_ < cursors_.size() && cursors_[first_open_].taken == group_size(list, first_open_)) ++first_open_;
  if (first_open_ == cursors_.size()) return std::nullopt;
  const double deadline = 1.0 / weight_of_group(list, first_open_);
  if (!turns_.empty() && turns_.front().deadline < deadline) return std::nullopt;
  Cursor& cursor = cursors_[first_open_];
  const std::size_t at = (std::size_t{cursor.start} + cursor.taken++) % group_size(list, first_open_);
  const std::uint32_t place =
      list.groups.empty() ? static_cast<std::uint32_t>(at) : list.groups[first_open_].members[at];
  return Turn{deadline, 0, place};
}

void EdfPicker::add(double weight, std::uint32_t place) {
  turns_.push_back({now_ + 1.0 / weight, order_++, place});
  std::push_heap(turns_.begin(), turns_.end());
}

}  // namespace meshtwin
