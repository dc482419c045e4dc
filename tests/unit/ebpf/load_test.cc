#include <gtest/gtest.h>

#include "ebpf/acceleration.h"
#include "ebpf/ebpf_capture.h"
namespace meshtwin { namespace {
TEST(X, Loads) { ASSERT_EQ(missing_for_ebpf(), ""); EbpfCapture c; Acceleration a; }
}}
