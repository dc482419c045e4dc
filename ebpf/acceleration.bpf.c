// The shortcut: what is written on one end of a connection is put where the other end reads, when both ends are in one
// pod or on one node. Each direction of a connection begins on the shortcut with its first message, or never; once it
// has left, it stays with TCP, because the kernel gives a reader what came by the shortcut before what came by TCP.

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "ebpf/wire.h"

char LICENSE[] SEC("license") = "GPL";

#define AF_INET 2
#define TCP_CLOSE_STATE 7
#define PASS 1

// A connection, or one end of it: the end's own address first. `space` is 0 between pods, whose addresses are unique,
// and the namespace's cookie inside one, where the loopback's are not.
struct ends {
  __u64 space;
  __u32 ip;
  __u32 other_ip;
  __u32 port;  // host byte order
  __u32 other_port;
};

struct direction {
  __u32 unanswered;  // bytes on the shortcut since the last message the other way
  __u32 left;        // to TCP, for good
};

struct flow {
  struct direction from[2];  // the lower end of the connection, the higher end
};

// By netns cookie: whose sockets this acts on.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u64);
  __type(value, __u8);
} pods SEC(".maps");

// Address -> node; a pod that is cut off has none, so that no shortcut leads round the cut.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u32);
  __type(value, __u32);
} nodes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SOCKHASH);
  __uint(max_entries, 65536);
  __type(key, struct ends);
  __type(value, __u64);
} sockets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct ends);
  __type(value, struct flow);
} flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, SHORTCUT_KINDS);
  __type(key, __u32);
  __type(value, struct shortcut_counters);
} counters SEC(".maps");

static __always_inline __u64 space_of(__u64 cookie, __u32 ip, __u32 other_ip) {
  int inside = ip == other_ip || (bpf_ntohl(ip) >> 24) == 127 || (bpf_ntohl(other_ip) >> 24) == 127;
  return inside ? cookie : 0;
}

static __always_inline struct ends turned(const struct ends* end) {
  struct ends other = {
      .space = end->space, .ip = end->other_ip, .other_ip = end->ip, .port = end->other_port, .other_port = end->port};
  return other;
}

static __always_inline int is_higher(const struct ends* end) {
  return end->ip > end->other_ip || (end->ip == end->other_ip && end->port > end->other_port);
}

static __always_inline struct ends flow_of(const struct ends* end) {
  return is_higher(end) ? turned(end) : *end;
}

static __always_inline int on_one_node(const struct ends* end) {
  __u32* mine = bpf_map_lookup_elem(&nodes, &end->ip);
  __u32* other = bpf_map_lookup_elem(&nodes, &end->other_ip);
  return mine != NULL && other != NULL && *mine == *other;
}

static __always_inline struct shortcut_counters* counters_of(const struct ends* end) {
  __u32 kind = end->space != 0 ? SHORTCUT_IN_POD : SHORTCUT_ON_NODE;
  return bpf_map_lookup_elem(&counters, &kind);
}

// The end that dialled is established first and begins the flow anew, whatever an earlier connection left there.
static __always_inline void join(struct bpf_sock_ops* ctx, struct ends* end) {
  if (end->space == 0 && !on_one_node(end)) return;
  struct ends key = flow_of(end);
  struct flow fresh = {};
  if (ctx->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB) bpf_map_update_elem(&flows, &key, &fresh, BPF_ANY);
  if (bpf_sock_hash_update(ctx, &sockets, end, BPF_ANY) != 0) return;
  bpf_sock_ops_cb_flags_set(ctx, ctx->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
}

SEC("sockops")
int accelerate_sockets(struct bpf_sock_ops* ctx) {
  __u32 op = ctx->op;
  int closed = op == BPF_SOCK_OPS_STATE_CB && ctx->args[1] == TCP_CLOSE_STATE;
  int established = op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB || op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB;
  if (ctx->family != AF_INET || !(closed || established)) return PASS;
  __u64 cookie = bpf_get_netns_cookie(ctx);
  if (bpf_map_lookup_elem(&pods, &cookie) == NULL) return PASS;
  struct ends end = {.ip = ctx->local_ip4,
                     .other_ip = ctx->remote_ip4,
                     .port = ctx->local_port,
                     .other_port = bpf_ntohl(ctx->remote_port)};
  end.space = space_of(cookie, end.ip, end.other_ip);
  if (established) {
    join(ctx, &end);
  } else {
    struct ends key = flow_of(&end);
    bpf_map_delete_elem(&flows, &key);  // without it the other end goes on over TCP
  }
  return PASS;
}

SEC("sk_msg")
int accelerate_message(struct sk_msg_md* msg) {
  struct ends end = {.ip = msg->local_ip4,
                     .other_ip = msg->remote_ip4,
                     .port = msg->local_port,
                     .other_port = bpf_ntohl(msg->remote_port)};
  end.space = space_of(bpf_get_netns_cookie(msg), end.ip, end.other_ip);
  struct shortcut_counters* count = counters_of(&end);
  struct ends key = flow_of(&end);
  struct flow* flow = bpf_map_lookup_elem(&flows, &key);
  if (count == NULL || flow == NULL) return SK_PASS;
  int higher = is_higher(&end);
  struct direction* mine = higher ? &flow->from[1] : &flow->from[0];
  struct direction* other = higher ? &flow->from[0] : &flow->from[1];
  other->unanswered = 0;
  __u32 size = msg->size;
  if (!mine->left) {
    struct ends peer = turned(&end);
    int fits = mine->unanswered + size <= SHORTCUT_UNANSWERED_LIMIT && (end.space != 0 || on_one_node(&end));
    if (fits && bpf_msg_redirect_hash(msg, &sockets, &peer, BPF_F_INGRESS) == SK_PASS) {
      mine->unanswered += size;
      count->redirected_messages++;
      count->redirected_bytes += size;
      return SK_PASS;
    }
    mine->left = 1;
    count->fallen_back++;
  }
  count->passed_messages++;
  count->passed_bytes += size;
  return SK_PASS;
}
