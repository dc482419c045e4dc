#include "ebpf/objects.h"

// Aligned because libbpf reads the ELF structures in place.
#define MESHTWIN_EMBED(symbol, path)                                                             \
  __asm__(".pushsection .rodata\n.balign 16\n" #symbol "_begin:\n.incbin \"" path "\"\n" #symbol \
          "_end:\n.byte 0\n.popsection\n");                                                      \
  extern "C" __attribute__((visibility("hidden"))) const char symbol##_begin[];                  \
  extern "C" __attribute__((visibility("hidden"))) const char symbol##_end[]

MESHTWIN_EMBED(meshtwin_ebpf_capture, MESHTWIN_CAPTURE_OBJECT);
MESHTWIN_EMBED(meshtwin_ebpf_acceleration, MESHTWIN_ACCELERATION_OBJECT);

namespace meshtwin {

std::string_view capture_object() {
  return {meshtwin_ebpf_capture_begin,
          static_cast<std::size_t>(meshtwin_ebpf_capture_end - meshtwin_ebpf_capture_begin)};
}
std::string_view acceleration_object() {
  return {meshtwin_ebpf_acceleration_begin,
          static_cast<std::size_t>(meshtwin_ebpf_acceleration_end - meshtwin_ebpf_acceleration_begin)};
}

}  // namespace meshtwin
