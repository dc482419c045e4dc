#include "mesh/traffic/slow_start.h"

#include <algorithm>
#include <utility>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

bool is_healthy(const AssignmentIndex& index, std::uint32_t position) {
  return index.hosts()[position].availability == Availability::healthy;
}

}  // namespace

double slow_start_factor(const SlowStartConfig& config, Duration since) {
  if (since >= config.window) return 1;
  const double time_factor =
      static_cast<double>(std::max(since, kMillisecond)) / static_cast<double>(std::max(config.window, kMillisecond));
  const double factor =
      config.aggression == 1 ? time_factor : portable_exp(portable_log(time_factor) / config.aggression);
  return std::max(factor, config.min_weight_percent / 100);
}

void SlowStart::configure(const std::optional<SlowStartConfig>& config) {
  config_ = config;
  if (!config_) joined_.clear();
}

void SlowStart::show(const AssignmentIndex* before, const AssignmentIndex& index, Time now) {
  if (before == nullptr || before->hosts().empty()) {
    first_join_ = latest_join_ = now;
    joined_.clear();
    return;
  }
  if (!config_) return;
  std::vector<Joined> joined;
  for (std::uint32_t position = 0; position < index.hosts().size(); ++position) {
    if (!is_healthy(index, position)) continue;
    const auto known = before->position_of(index.hosts()[position].address);
    if (!known || !is_healthy(*before, *known)) {
      joined.push_back({position, now});
      latest_join_ = now;
    } else if (const Joined* earlier = find(*known); earlier != nullptr && now - earlier->at < config_->window) {
      joined.push_back({position, earlier->at});
    }
  }
  joined_ = std::move(joined);
}

const SlowStart::Joined* SlowStart::find(std::uint32_t position) const {
  const auto at = std::ranges::lower_bound(joined_, position, {}, &Joined::position);
  return at == joined_.end() || at->position != position ? nullptr : &*at;
}

double SlowStart::factor(std::uint32_t position, Time now) const {
  const Joined* joined = find(position);
  if (joined == nullptr) return 1;
  return slow_start_factor(*config_, now - joined->at) / slow_start_factor(*config_, now - first_join_);
}

}  // namespace meshtwin
