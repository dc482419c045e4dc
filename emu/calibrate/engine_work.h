#pragma once

// Engine work that can be measured by itself, in one process and without sockets: the codecs, TLS, and taking
// configuration over.

#include <vector>

#include "emu/calibrate/measurements.h"

namespace meshtwin {

CodecWork measure_codec(double effort);
Http2Work measure_http2(double effort);
TlsWork measure_tls(double effort);
ControlWork measure_control(double effort);

}  // namespace meshtwin
