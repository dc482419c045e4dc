#pragma once

// One role's process as the conductor sees it: commands go in, records and news come out, and its last words on
// standard error are kept for the case that it dies.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "emu/frame_channel.h"
#include "emu/role_protocol.h"
#include "mesh/telemetry/record.h"

namespace meshtwin {

class RoleProcess {
 public:
  enum class News { ready, finished, reported, garbled };

  // `on_news` may not destroy the object.
  RoleProcess(EventLoop& loop, Recorder& recorder, Function<void(News news)> on_news);

  // The process's ends of its channel and of its standard error, to be handed over and then closed.
  std::vector<Fd> take_child_ends() { return std::move(child_ends_); }

  void send(ToRole command, std::string_view content = {}) {
    channel_.send(static_cast<std::uint8_t>(command), content);
  }
  bool ready() const { return ready_; }
  bool reported() const { return reported_; }
  const RoleSpent& spent() const { return spent_; }
  // Takes in what an ended process had sent.
  void drain();
  std::string last_words() const;  // the last lines of its standard error, on one

 private:
  struct Pipes;
  RoleProcess(EventLoop& loop, Recorder& recorder, Function<void(News news)> on_news, Pipes pipes);
  void on_frame(FromRole type, std::string_view content);
  void wait_for_words();
  bool read_words();

  Recorder& recorder_;
  Function<void(News news)> on_news_;
  std::vector<Fd> child_ends_;
  FrameChannel channel_;
  FdWatch words_;
  std::string said_;
  RoleSpent spent_;
  bool ready_ = false;
  bool reported_ = false;
};

}  // namespace meshtwin
