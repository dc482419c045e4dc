#pragma once

// What the user-space link takes for a message and adds to its delay, by the link's own process between two pods.

#include "emu/calibrate/echo.h"
#include "emu/calibrate/measurements.h"
#include "emu/link/fd.h"

namespace meshtwin {

// `way` leads over the link whose ends are given; nobody reads them yet.
LinkFigures measure_link(const Way& way, const Fd& end_a, const Fd& end_b, double effort);

}  // namespace meshtwin
