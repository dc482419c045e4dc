// What is left of the roles' time when all else is taken away is their own work; how it grows as requests get rarer is
// the price of the cold. A role's time for a request is
//
//   displaced * sum over ages a: cold(a) * (known hot cost of what was done at age a
//                                           + own hot cost * how often that was at age a)
//
// where displaced, the price of the others who used the core and its caches meanwhile, is 1 without sidecars: two roles
// leave each other's caches alone. That is linear in each unknown while the others stay. So each in turn is set to what
// fits all chains best, in relative terms, until nothing moves; cold is 1 at the first age and never falls.
//
// The cost of waking up is the ping-pong's, but no more than every role of every chain leaves room for: two processes
// that are kept on cores of their own and wake each other out of idling may pay more for it than those that the
// scheduler places.

#include <algorithm>
#include <cmath>
#include <vector>

#include "emu/calibrate/derive.h"

namespace meshtwin {
namespace {

constexpr std::size_t kCount = kAges.size();
constexpr int kSweeps = 3000;
// Processor time of others between two turns of a role: in a chain without sidecars less than the first, with them more
// than the second.
constexpr Duration kFewOthers = 50 * kMicrosecond;
constexpr Duration kManyOthers = 150 * kMicrosecond;
using ByAge = std::array<double, kCount>;

// One role of one chain.
struct Equation {
  std::size_t own = 0;  // whose own cost
  ByAge known{};        // hot cost, by age
  ByAge own_calls{};    // by age
  ByAge sleeps{};       // by age
  double cpu = 0;
  bool displaced = false;
};

enum Own : std::size_t { sidecar, served, sent, kOwns };

// A sidecar charges both of its own operations once for a request.
Operation own_operation(Own own) {
  return own == sidecar ? Operation::route : Operation::request_work;
}

Own own_of(ChainRole role) {
  if (role == ChainRole::load) return sent;
  return role == ChainRole::workload ? served : sidecar;
}

double sum_of(const ByAge& parts) {
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

ByAge mean_ages(const ChainRoleFigures& role, std::size_t operation) {
  ByAge shares = role.ages[operation];
  const double sum = sum_of(shares);
  if (sum <= 0) {
    shares.fill(0);
    shares.front() = 1;
    return shares;
  }
  for (double& share : shares) share /= sum;
  return shares;
}

double hot_cost(const CostProfile& profile, const ChainRoleFigures& role, std::size_t operation) {
  const OperationCost& cost = profile.operations[operation];
  if (operation == static_cast<std::size_t>(Operation::wake_up)) return cost.fixed_ns * role.sleeps;
  return cost.fixed_ns * role.calls[operation] + cost.per_unit_ns * role.amounts[operation];
}

Equation equation_of(const CostProfile& profile, const ChainRoleFigures& role, Own own) {
  Equation equation;
  equation.own = own;
  equation.cpu = role.cpu;
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    const ByAge shares = mean_ages(role, i);
    const bool wakes = i == static_cast<std::size_t>(Operation::wake_up);
    for (std::size_t age = 0; wakes && age < kCount; ++age) equation.sleeps[age] = role.sleeps * shares[age];
    const double cost = wakes ? 0 : hot_cost(profile, role, i);
    for (std::size_t age = 0; age < kCount; ++age) equation.known[age] += cost * shares[age];
  }
  const auto place = static_cast<std::size_t>(own_operation(own));
  const ByAge shares = mean_ages(role, place);
  for (std::size_t age = 0; age < kCount; ++age) equation.own_calls[age] = role.calls[place] * shares[age];
  return equation;
}

struct Fit {
  std::vector<Equation> equations;
  ByAge step{};  // by what cold is higher than at the age before
  std::array<double, kOwns> own{};
  double wake_up = 0;
  double displaced = 1;

  ByAge cold() const {
    ByAge sums = step;
    for (std::size_t i = 1; i < kCount; ++i) sums[i] += sums[i - 1];
    return sums;
  }
  double hot_at(const Equation& of, std::size_t age) const {
    return of.known[age] + wake_up * of.sleeps[age] + own[of.own] * of.own_calls[age];
  }
  double cpu(const Equation& of, const ByAge& factors) const {
    double sum = 0;
    for (std::size_t age = 0; age < kCount; ++age) sum += factors[age] * hot_at(of, age);
    return of.displaced ? sum * displaced : sum;
  }

  // Moves one unknown to its best place; `slope`: by what an equation's time grows with it.
  template <typename Slope>
  void improve(double& unknown, Slope&& slope) {
    const ByAge factors = cold();
    double up = 0, down = 0;
    for (const Equation& equation : equations) {
      const double grows = slope(equation) * (equation.displaced ? displaced : 1) / equation.cpu;
      up += grows * (equation.cpu - cpu(equation, factors)) / equation.cpu;
      down += grows * grows;
    }
    if (down > 0) unknown = std::max(0.0, unknown + up / down);
  }

  void sweep() {
    const ByAge factors = cold();
    for (std::size_t own_place = 0; own_place < kOwns; ++own_place) {
      improve(own[own_place], [&](const Equation& of) {
        double slope = 0;
        for (std::size_t age = 0; of.own == own_place && age < kCount; ++age) slope += factors[age] * of.own_calls[age];
        return slope;
      });
    }
    for (std::size_t from = 1; from < kCount; ++from) {
      improve(step[from], [&](const Equation& of) {
        double slope = 0;
        for (std::size_t age = from; age < kCount; ++age) slope += hot_at(of, age);
        return slope;
      });
    }
    improve(displaced,
            [&](const Equation& of) { return of.displaced ? cpu(of, factors) / (displaced * displaced) : 0; });
    displaced = std::max(displaced, 1.0);
  }
};

// Whether others stand between two of the same role's turns: the chain has sidecars.
bool is_displaced(const ChainFigures& chain) {
  return chain.roles[static_cast<std::size_t>(ChainRole::client_sidecar)].cpu > 0;
}

}  // namespace

void derive_roles(const Measurements& measured, CostProfile& profile) {
  for (const Operation own : {Operation::route, Operation::balance, Operation::request_work}) profile[own] = {};
  Fit fit;
  for (const ChainFigures& chain : measured.chains) {
    for (std::size_t role = 0; role < kChainRoles; ++role) {
      if (chain.roles[role].cpu <= 0) continue;
      fit.equations.push_back(equation_of(profile, chain.roles[role], own_of(static_cast<ChainRole>(role))));
      fit.equations.back().displaced = is_displaced(chain);
    }
  }
  fit.step.front() = 1;
  fit.wake_up = profile[Operation::wake_up].fixed_ns;
  for (const Equation& equation : fit.equations) {
    const double sleeps = sum_of(equation.sleeps);
    if (sleeps > 0) fit.wake_up = std::clamp((equation.cpu - sum_of(equation.known)) / sleeps, 0.0, fit.wake_up);
  }
  for (int i = 0; i < kSweeps; ++i) fit.sweep();
  profile[Operation::wake_up].fixed_ns = fit.wake_up;
  // Nothing tells a sidecar's two apart.
  profile[Operation::route].fixed_ns = fit.own[sidecar] / 2;
  profile[Operation::balance].fixed_ns = fit.own[sidecar] / 2;
  profile[Operation::request_work] = {fit.own[served], std::max(fit.own[sent] - fit.own[served], 0.0)};
  profile.cold.clear();
  for (std::size_t age = 0; age < kCount; ++age) profile.cold.push_back({kAges[age], fit.cold()[age]});
  profile.displaced = {{kFewOthers, 1}, {kManyOthers, fit.displaced}};
}

double modelled_cpu(const CostProfile& profile, const ChainRoleFigures& role, bool displaced) {
  double cpu = 0;
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    const ByAge shares = mean_ages(role, i);
    double factor = 0;
    for (std::size_t age = 0; age < kCount; ++age) factor += shares[age] * value_at(profile.cold, 1, kAges[age]);
    cpu += hot_cost(profile, role, i) * factor;
  }
  return displaced && !profile.displaced.empty() ? cpu * profile.displaced.back().value : cpu;
}

}  // namespace meshtwin
