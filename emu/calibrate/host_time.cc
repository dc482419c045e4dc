#include "emu/calibrate/host_time.h"

#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace meshtwin {

HostTime host_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0;
  if (!(file >> word >> user >> nice >> system >> idle >> wait >> irq >> soft >> steal) || word != "cpu") {
    throw std::runtime_error("read how busy the host is from /proc/stat: not said");
  }
  const double tick = 1e9 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return {(user + nice + system + irq + soft + steal) * tick, (idle + wait) * tick};
}

}  // namespace meshtwin
