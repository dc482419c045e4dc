#pragma once

// A few texts served over HTTP, made anew for each request: a role's metrics, for whoever scrapes them.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/handle.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/runtime.h"
#include "mesh/wire/http_codec.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

class PageServer {
 public:
  using Page = std::function<std::string()>;

  // `codec`: a server's.
  PageServer(Runtime& runtime, const HttpCodec& codec, std::string_view content_type);
  ~PageServer();

  void add(std::string path, Page page) { pages_[std::move(path)] = std::move(page); }
  bool listen(Network& network, SocketAddress at);  // may be called for several; false: the address is taken

 private:
  class Connection;
  class Request;

  Runtime& runtime_;
  const HttpCodec& codec_;
  const std::string content_type_;
  std::map<std::string, Page, std::less<>> pages_;
  OwnedSet<Request> requests_;
  OwnedSet<Connection> connections_;
  std::vector<Handle> listeners_;
};

}  // namespace meshtwin
