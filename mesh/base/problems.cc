#include "mesh/base/problems.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace meshtwin {

namespace {

std::string joined(const std::vector<Problem>& all) {
  std::string text;
  for (const Problem& problem : all) {
    if (!text.empty()) text += '\n';
    text += problem.text();
  }
  return text;
}

}  // namespace

Problems::Problems(std::vector<Problem> all) : std::runtime_error(joined(all)), all_(std::move(all)) {}

void ProblemList::add(const Place& place, const std::string& message) {
  if (!full()) all_.emplace_back(place, message);
}

void ProblemList::throw_if_any() const {
  if (all_.empty()) return;
  std::map<std::string, std::size_t> file_order;
  for (const Problem& problem : all_) file_order.try_emplace(problem.place().file, file_order.size());
  std::vector<Problem> sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Problem& a, const Problem& b) {
    const auto key = [&](const Problem& p) {
      return std::tuple(file_order.at(p.place().file), p.place().line, p.place().column);
    };
    return key(a) < key(b);
  });
  throw Problems(std::move(sorted));
}

}  // namespace meshtwin
