#pragma once

// An object file of programs and maps, loaded into the kernel and attached. Everything hangs on descriptors of this
// process: nothing is pinned and no cgroup is made, so all of it is gone when the process is, however it ends.

#include <linux/types.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct bpf_link;
struct bpf_map;
struct bpf_object;
struct bpf_program;

namespace meshtwin {

// The host cannot: says which privilege or feature is missing, and what to do.
class EbpfUnavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What is missing of what both capture and acceleration need; empty: nothing.
std::string missing_for_ebpf();

// The cookie of the network namespace of the calling thread, by which the programs know it.
__u64 network_namespace_cookie();

class ProgramSet {
 public:
  // `object` is the content of an object file. Throws EbpfUnavailable.
  ProgramSet(const char* name, std::string_view object);
  ~ProgramSet();
  ProgramSet(const ProgramSet&) = delete;
  ProgramSet& operator=(const ProgramSet&) = delete;

  void attach_to_root_cgroup(const char* program);
  void attach_to_network_namespace(const char* program, int netns_fd);
  void attach_to_sockets_of(const char* program, const char* map);  // what they send

  template <typename Key, typename Value>
  void set(const char* map, const Key& key, const Value& value) {
    put(map, &key, sizeof key, &value, sizeof value);
  }
  template <typename Key>
  void erase(const char* map, const Key& key) {
    remove(map, &key, sizeof key);
  }
  // Of a map with an entry for each processor; all of them, of one key.
  template <typename Value>
  std::vector<Value> of_processors(const char* map, __u32 key) const {
    static_assert(sizeof(Value) % 8 == 0);
    std::vector<Value> values(processors());
    get(map, &key, sizeof key, values.data(), values.size() * sizeof(Value));
    return values;
  }
  int program_fd(const char* program) const;

 private:
  struct CloseObject {
    void operator()(bpf_object* object) const;
  };
  struct DestroyLink {
    void operator()(bpf_link* link) const;
  };

  bpf_program* program(const char* name) const;
  bpf_map* map(const char* name) const;
  void put(const char* map, const void* key, std::size_t key_size, const void* value, std::size_t value_size);
  void remove(const char* map, const void* key, std::size_t key_size);
  void get(const char* map, const void* key, std::size_t key_size, void* value, std::size_t value_size) const;
  static std::size_t processors();

  std::unique_ptr<bpf_object, CloseObject> object_;
  std::vector<std::unique_ptr<bpf_link, DestroyLink>> links_;  // gone before the object
};

}  // namespace meshtwin
