#pragma once

// What a role is given of the world it runs in, beside the networks it may use.

namespace meshtwin {

class Chance;
class Clock;
class Cpu;

struct Runtime {
  Clock& clock;
  Chance& chance;
  Cpu& cpu;
};

}  // namespace meshtwin
