#pragma once

// What the programs in the kernel and their loaders say to each other in maps; C, because both read it.

#include <linux/types.h>

#define MESHTWIN_OUTBOUND_PORT 15001
#define MESHTWIN_INBOUND_PORT 15006
#define MESHTWIN_BYPASS_MARK 0x539

// By netns cookie: whose sockets capture acts on. `ip` is in network byte order, here and everywhere in these maps.
struct captured_pod {
  __u32 ip;
};

// Which way a connection was cut short.
enum shortcut_kind { SHORTCUT_IN_POD = 0, SHORTCUT_ON_NODE = 1, SHORTCUT_KINDS = 2 };

// One for each kind, summed over processors by who reads them.
struct shortcut_counters {
  __u64 redirected_messages;
  __u64 redirected_bytes;
  __u64 passed_messages;  // to TCP, of sockets that joined
  __u64 passed_bytes;
  __u64 fallen_back;  // directions of connections that were left to TCP for good
};

// How many bytes may be under way one way without a message the other way: kShortcutUnanswered of mesh/roles/plan.h.
#define SHORTCUT_UNANSWERED_LIMIT (256 * 1024)
