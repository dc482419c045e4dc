#include "emu/host_load.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace meshtwin {

namespace {

std::string percent(double share) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", 100 * share);
  return text.data();
}

}  // namespace

HostTimes parse_host_times(std::string_view proc_stat) {
  std::istringstream line{std::string(proc_stat.substr(0, proc_stat.find('\n')))};
  std::string name;
  // user nice system idle iowait irq softirq steal; guest times that follow are part of user and nice.
  std::array<std::uint64_t, 8> times{};
  line >> name;
  for (std::uint64_t& time : times) line >> time;
  if (name != "cpu" || line.fail()) throw std::runtime_error("/proc/stat does not begin with the cores' times");
  HostTimes result;
  for (const std::uint64_t time : times) result.total += time;
  result.idle = times[3] + times[4];
  result.steal = times[7];
  return result;
}

HostTimes read_host_times() {
  std::ifstream file("/proc/stat");
  std::string first_line;
  std::getline(file, first_line);
  return parse_host_times(first_line);
}

HostLoad load_between(const HostTimes& before, const HostTimes& after) {
  if (after.total <= before.total) return {};
  const auto total = static_cast<double>(after.total - before.total);
  return {1 - static_cast<double>(after.idle - before.idle) / total,
          static_cast<double>(after.steal - before.steal) / total};
}

HostLoad at_least(HostLoad load, Duration used, Duration wall, unsigned cores) {
  if (wall <= 0 || cores == 0) return load;
  load.utilisation = std::max(load.utilisation, static_cast<double>(used) / (static_cast<double>(wall) * cores));
  return load;
}

std::vector<std::string> invalid_reasons(const HostLoad& load) {
  std::vector<std::string> reasons;
  if (load.utilisation > kUtilisationLimit) {
    reasons.push_back("the host's cores were " + percent(load.utilisation) + " busy, more than " +
                      percent(kUtilisationLimit));
  }
  if (load.steal > kStealLimit) {
    reasons.push_back("other machines took " + percent(load.steal) + " of the cores' time, more than " +
                      percent(kStealLimit));
  }
  return reasons;
}

}  // namespace meshtwin
