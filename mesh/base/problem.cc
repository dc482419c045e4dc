#include "mesh/base/problem.h"

namespace meshtwin {

std::string Problem::text() const {
  std::string text = place_.file;
  if (place_.line > 0) text += ':' + std::to_string(place_.line);
  if (place_.line > 0 && place_.column > 0) text += ':' + std::to_string(place_.column);
  return text.empty() ? what() : text + ": " + what();
}

}  // namespace meshtwin
