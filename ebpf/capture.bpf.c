// Capture of a pod's TCP for its proxy. Outbound: connect() is turned to the proxy on the loopback, and the proxy asks
// for the original destination with SO_ORIGINAL_DST as under netfilter. Inbound: the lookup of a listener is turned to
// the proxy's; there the original destination is the socket's own address. Only namespaces named in `pods` are touched.

#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "ebpf/wire.h"

char LICENSE[] SEC("license") = "GPL";

#define AF_INET 2
#define SOCK_STREAM 1
#define SOL_IP 0
#define SO_ORIGINAL_DST 80
#define LOOPBACK_INTERFACE 1  // in every network namespace
#define PASS 1                // of cgroup programs
#define REFUSE 0
#define LARGEST_OPTION 4096  // that the kernel shows to a program

struct endpoint {
  __u32 ip;
  __u32 port;  // network byte order
};

struct source {
  __u64 space;
  __u32 ip;
  __u32 port;  // host byte order
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u64);
  __type(value, struct captured_pod);
} pods SEC(".maps");

// Of a socket that was turned (the application's) and of the one at its other end (the proxy's).
struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct endpoint);
} destinations SEC(".maps");

// From the SYN until the proxy's end is established, which takes the entry into its own storage: so a port that is used
// again, or an application that closes before the proxy accepts, changes nothing. What no proxy took falls out by age.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 65536);
  __type(key, struct source);
  __type(value, struct endpoint);
} dialled SEC(".maps");

// The proxies' inbound listeners, by their pod's address; a socket leaves when it is closed.
struct {
  __uint(type, BPF_MAP_TYPE_SOCKHASH);
  __uint(max_entries, 65536);
  __type(key, __u32);
  __type(value, __u64);
} listeners SEC(".maps");

static __always_inline int is_loopback(__u32 ip) {
  return (bpf_ntohl(ip) >> 24) == 127;
}

SEC("cgroup/connect4")
int capture_connect(struct bpf_sock_addr* ctx) {
  struct bpf_sock* sk = ctx->sk;
  if (ctx->protocol != IPPROTO_TCP || sk == NULL) return PASS;
  __u64 space = bpf_get_netns_cookie(ctx);
  struct captured_pod* pod = bpf_map_lookup_elem(&pods, &space);
  if (pod == NULL) return PASS;
  bpf_sk_storage_delete(&destinations, sk);  // of an attempt before this one
  if (is_loopback(ctx->user_ip4) || sk->mark == MESHTWIN_BYPASS_MARK) return PASS;
  struct endpoint* destination = bpf_sk_storage_get(&destinations, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
  if (destination == NULL) return REFUSE;  // rather than past the proxy
  destination->ip = ctx->user_ip4;
  destination->port = ctx->user_port;
  if (sk->src_ip4 == 0) {  // the proxy shall see the pod's address, not the loopback's
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = pod->ip};
    bpf_bind(ctx, (struct sockaddr*)&from, sizeof from);
  }
  ctx->user_ip4 = bpf_htonl(INADDR_LOOPBACK);
  ctx->user_port = bpf_htons(MESHTWIN_OUTBOUND_PORT);
  return PASS;
}

SEC("cgroup/getpeername4")
int capture_peer_name(struct bpf_sock_addr* ctx) {
  struct bpf_sock* sk = ctx->sk;
  // The proxy's own end has a destination too, but its peer is the application.
  if (sk == NULL || sk->dst_port != bpf_htons(MESHTWIN_OUTBOUND_PORT)) return PASS;
  struct endpoint* destination = bpf_sk_storage_get(&destinations, sk, NULL, 0);
  if (destination == NULL) return PASS;
  ctx->user_ip4 = destination->ip;
  ctx->user_port = destination->port;
  return PASS;
}

SEC("cgroup/getsockopt")
int capture_original_destination(struct bpf_sockopt* ctx) {
  if (ctx->level != SOL_IP || ctx->optname != SO_ORIGINAL_DST) {
    if (ctx->optlen > LARGEST_OPTION) ctx->optlen = 0;  // leave it as the kernel gave it
    return PASS;
  }
  struct bpf_sock* sk = ctx->sk;
  if (sk == NULL) return PASS;
  struct endpoint* destination = bpf_sk_storage_get(&destinations, sk, NULL, 0);
  struct sockaddr_in* answer = ctx->optval;
  if (destination == NULL || (void*)(answer + 1) > ctx->optval_end) return PASS;
  __builtin_memset(answer, 0, sizeof *answer);
  answer->sin_family = AF_INET;
  answer->sin_port = (__be16)destination->port;
  answer->sin_addr.s_addr = destination->ip;
  ctx->optlen = sizeof *answer;
  barrier();  // or the compiler writes both fields at once, which the verifier refuses
  ctx->retval = 0;
  return PASS;
}

static __always_inline void remember_dial(struct bpf_sock_ops* ctx, struct bpf_sock* sk, __u64 space) {
  struct endpoint* destination = bpf_sk_storage_get(&destinations, sk, NULL, 0);
  if (destination == NULL) return;
  struct source from = {.space = space, .ip = ctx->local_ip4, .port = ctx->local_port};
  struct endpoint copy = *destination;
  bpf_map_update_elem(&dialled, &from, &copy, BPF_ANY);
}

static __always_inline void take_destination(struct bpf_sock_ops* ctx, struct bpf_sock* sk, __u64 space) {
  struct source from = {.space = space, .ip = ctx->remote_ip4, .port = bpf_ntohl(ctx->remote_port)};
  struct endpoint* destination = bpf_map_lookup_elem(&dialled, &from);
  if (destination == NULL) return;
  struct endpoint copy = *destination;
  bpf_sk_storage_get(&destinations, sk, &copy, BPF_SK_STORAGE_GET_F_CREATE);
  bpf_map_delete_elem(&dialled, &from);
}

SEC("sockops")
int capture_sockets(struct bpf_sock_ops* ctx) {
  __u32 op = ctx->op;
  if (op != BPF_SOCK_OPS_TCP_CONNECT_CB && op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB &&
      op != BPF_SOCK_OPS_TCP_LISTEN_CB) {
    return PASS;
  }
  struct bpf_sock* sk = ctx->sk;
  if (ctx->family != AF_INET || sk == NULL) return PASS;
  __u64 space = bpf_get_netns_cookie(ctx);
  struct captured_pod* pod = bpf_map_lookup_elem(&pods, &space);
  if (pod == NULL) return PASS;
  if (op == BPF_SOCK_OPS_TCP_CONNECT_CB) {
    remember_dial(ctx, sk, space);
  } else if (op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) {
    if (ctx->local_port == MESHTWIN_OUTBOUND_PORT) take_destination(ctx, sk, space);
  } else if (ctx->local_port == MESHTWIN_INBOUND_PORT) {
    __u32 ip = pod->ip;
    bpf_sock_hash_update(ctx, &listeners, &ip, BPF_ANY);
  }
  return PASS;
}

static __always_inline int is_proxy_port(__u32 port) {
  return port == MESHTWIN_OUTBOUND_PORT || port == MESHTWIN_INBOUND_PORT || port == 15008 || port == 15020 ||
         port == 15021 || port == 15090;
}

// SK_DROP leaves the packet without a socket: a proxy that is dead refuses, the application is never reached past it.
SEC("sk_lookup")
int capture_inbound(struct bpf_sk_lookup* ctx) {
  if (ctx->family != AF_INET || ctx->protocol != IPPROTO_TCP) return SK_PASS;
  if (ctx->ingress_ifindex == LOOPBACK_INTERFACE) return SK_PASS;
  __u32 ip = ctx->local_ip4;
  // What the pod sends to its own address does not always come with the interface of the loopback.
  if (ctx->remote_ip4 == ip || is_loopback(ip) || is_proxy_port(ctx->local_port)) return SK_PASS;
  struct bpf_sock* listener = bpf_map_lookup_elem(&listeners, &ip);
  if (listener == NULL) return SK_DROP;
  long refused = bpf_sk_assign(ctx, listener, 0);
  bpf_sk_release(listener);
  return refused ? SK_DROP : SK_PASS;
}
