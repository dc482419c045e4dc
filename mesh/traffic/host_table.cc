#include "mesh/traffic/host_table.h"

#include <algorithm>
#include <utility>

namespace meshtwin {
namespace {

std::size_t slot_of(std::uint32_t position, std::size_t slots) {
  return static_cast<std::size_t>((position * 0x9e3779b97f4a7c15ULL) >> 32) & (slots - 1);
}

}  // namespace

HostTable::Host* HostTable::find(std::uint32_t position) const {
  if (slots_.empty()) return nullptr;
  for (std::size_t slot = slot_of(position, slots_.size());; slot = (slot + 1) & (slots_.size() - 1)) {
    Host* host = slots_[slot];
    if (host == nullptr || host->position == position) return host;
  }
}

HostTable::Host& HostTable::add(SocketAddress address, std::uint32_t position) {
  add(std::make_unique<Host>(address, position));
  return *hosts_.back();
}

void HostTable::add(std::unique_ptr<Host> host) {
  hosts_.push_back(std::move(host));
  if (hosts_.size() * 2 <= slots_.size()) {
    place(hosts_.back().get());
    return;
  }
  slots_.assign(std::max<std::size_t>(4, slots_.size() * 2), nullptr);
  for (const auto& known : hosts_) place(known.get());
}

void HostTable::place(Host* host) {
  std::size_t slot = slot_of(host->position, slots_.size());
  while (slots_[slot] != nullptr) slot = (slot + 1) & (slots_.size() - 1);
  slots_[slot] = host;
}

std::vector<std::unique_ptr<HostTable::Host>> HostTable::release() {
  slots_.clear();
  return std::exchange(hosts_, {});
}

}  // namespace meshtwin
