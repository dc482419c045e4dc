#pragma once

// What the kernel takes for the smaller things: waking a sleeper, opening and closing connections, timers.

#include "emu/calibrate/echo.h"
#include "emu/calibrate/measurements.h"

namespace meshtwin {

WakeFigures measure_wake_ups(double effort);
ChurnFigures measure_churn(const Way& way, double effort);
TimerFigures measure_timers(double effort);

}  // namespace meshtwin
