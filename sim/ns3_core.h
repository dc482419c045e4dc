#pragma once

// Plugs our event queue into ns-3 as its simulator implementation, so that ns-3's models and ours share one queue and
// one order. ns-3 has one simulator a process: one Ns3Core at a time, any number one after another.

#include <memory>

namespace meshtwin {

class EventQueue;

class Ns3Core {
 public:
  explicit Ns3Core(EventQueue& queue);  // throws WorldError when there is one already
  ~Ns3Core();                           // ns3::Simulator::Destroy
  Ns3Core(const Ns3Core&) = delete;
  Ns3Core& operator=(const Ns3Core&) = delete;
};

}  // namespace meshtwin
