#pragma once

// Something that is under way or open, and ends when its handle is destroyed: a listener, a dial, a computation.

#include <memory>

namespace meshtwin {

class Activity {
 public:
  virtual ~Activity() = default;
};

using Handle = std::unique_ptr<Activity>;

}  // namespace meshtwin
