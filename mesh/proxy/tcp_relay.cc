#include "mesh/proxy/tcp_relay.h"

#include <utility>

#include "mesh/runtime/cpu.h"

namespace meshtwin {

TcpRelay::TcpRelay(Cpu& cpu, std::unique_ptr<ByteStream> a, std::unique_ptr<ByteStream> b, Callback on_done,
                   const TcpSeries& counted)
    : cpu_(cpu), on_done_(std::move(on_done)) {
  ways_[0].from = std::move(a);
  ways_[1].from = std::move(b);
  ways_[0].bytes = counted.received;
  ways_[1].bytes = counted.sent;
  read(0);
  read(1);
}

void TcpRelay::read(int i) {
  way(i).from->on_read([this, i](ReadEvent event, Buffer& data) { on_event(i, event, data); });
}

void TcpRelay::on_event(int i, ReadEvent event, Buffer& data) {
  switch (event) {
    case ReadEvent::data:
      cpu_.charge(Operation::relay, static_cast<std::int64_t>(data.size()));
      if (way(i).bytes != nullptr) way(i).bytes->add(data.size());
      way(i).held.append(std::move(data));
      push(i);
      break;
    case ReadEvent::end:
      way(i).ended = true;
      push(i);
      break;
    case ReadEvent::reset:
      target(i).abort();
      finish();
      break;
  }
}

void TcpRelay::push(int i) {
  Way& w = way(i);
  if (!w.held.empty()) target(i).write(w.held);
  if (!w.held.empty()) {
    if (!w.ended) w.from->on_read({});
    target(i).on_writable([this, i] {
      if (!way(i).ended) read(i);
      push(i);
    });
    return;
  }
  if (!w.ended || w.closed) return;
  w.closed = true;
  target(i).shutdown_write();
  if (ways_[0].closed && ways_[1].closed) finish();
}

void TcpRelay::finish() {
  Callback done = std::move(on_done_);
  on_done_ = {};
  done();
}

}  // namespace meshtwin
