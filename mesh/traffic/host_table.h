#pragma once

// The hosts a cluster has used so far. A cluster of 10,000 endpoints is mostly hosts this proxy never picks, so they
// are kept in a hash table by position, which grows with the picks.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mesh/traffic/outlier_detector.h"

namespace meshtwin {

struct UpstreamCluster::Host {
  explicit Host(SocketAddress address, std::uint32_t position) : record(address), position(position) {}

  OutlierRecord record;
  std::uint32_t position;    // in the present assignment's index
  std::uint32_t active = 0;  // requests
  bool member = true;        // of the present assignment
};

class HostTable {
 public:
  using Host = UpstreamCluster::Host;

  Host* find(std::uint32_t position) const;
  Host& add(SocketAddress address, std::uint32_t position);
  std::span<const std::unique_ptr<Host>> hosts() const { return hosts_; }  // in the order they were added

  // Gives all hosts up, to be sorted into a table for another assignment.
  std::vector<std::unique_ptr<Host>> release();
  void add(std::unique_ptr<Host> host);

 private:
  void place(Host* host);

  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<Host*> slots_;  // open addressing, a power of two, at most half full
};

}  // namespace meshtwin
