#include "mesh/traffic/maglev.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();

// One host's way through the places, in the order it likes them.
class Preference {
 public:
  Preference(const HashedHost& host, std::uint64_t places) : host_(&host), places_(places) {
    const std::uint64_t name = hash_text(to_string(host.address));
    next_ = name % places;
    step_ = hash_mix(name, 1) % (places - 1) + 1;
  }

  // Takes the next turn, if the round is one in which so light a host has one.
  void take_turn(std::uint32_t round, double largest_share, std::vector<std::uint32_t>& places, std::size_t& taken) {
    if (round * host_->share < due_) return;
    due_ += largest_share;
    while (places[next_] != kFree) advance();
    places[next_] = host_->position;
    advance();
    ++taken;
  }

 private:
  void advance() {
    next_ += step_;
    if (next_ >= places_) next_ -= places_;
  }

  const HashedHost* host_;
  std::uint64_t places_;
  std::uint64_t next_ = 0;
  std::uint64_t step_ = 1;
  double due_ = 0;  // what round * share must reach
};

}  // namespace

MaglevTable::MaglevTable(std::span<const HashedHost> hosts, const MaglevConfig& config) {
  assert(!hosts.empty() && config.table_size > 1);
  std::vector<Preference> preferences;
  preferences.reserve(hosts.size());
  for (const HashedHost& host : hosts) preferences.emplace_back(host, config.table_size);
  const double largest_share = std::ranges::max_element(hosts, {}, &HashedHost::share)->share;

  places_.assign(config.table_size, kFree);
  std::size_t taken = 0;
  for (std::uint32_t round = 1; taken < places_.size(); ++round) {
    for (std::size_t host = 0; host < preferences.size() && taken < places_.size(); ++host) {
      preferences[host].take_turn(round, largest_share, places_, taken);
    }
  }
}

std::uint32_t MaglevTable::pick(std::uint64_t hash, std::uint32_t attempt) const {
  // Attempt 0 leaves the hash as it is; every other flips its own set of the upper bits.
  return places_[(hash ^ (std::uint64_t{0} - attempt)) % places_.size()];
}

}  // namespace meshtwin
