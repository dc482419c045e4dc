#include "emu/role_process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "emu/record_codec.h"

namespace meshtwin {

namespace {

constexpr std::size_t kWordsKept = 2000;  // bytes

}  // namespace

struct RoleProcess::Pipes {
  Pipes() {
    int ends[2];
    checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "make a role's channel");
    channel = Fd(ends[0]);
    child_ends.emplace_back(ends[1]);
    checked(::pipe2(ends, O_CLOEXEC), "make a role's standard error");
    words = Fd(ends[0]);
    child_ends.emplace_back(ends[1]);
    checked(::fcntl(words.get(), F_SETFL, O_NONBLOCK), "make a pipe nonblocking");
  }
  Fd channel;
  Fd words;
  std::vector<Fd> child_ends;
};

RoleProcess::RoleProcess(EventLoop& loop, Recorder& recorder, Function<void(News news)> on_news)
    : RoleProcess(loop, recorder, std::move(on_news), Pipes()) {}

RoleProcess::RoleProcess(EventLoop& loop, Recorder& recorder, Function<void(News news)> on_news, Pipes pipes)
    : recorder_(recorder),
      on_news_(std::move(on_news)),
      child_ends_(std::move(pipes.child_ends)),
      channel_(
          loop, std::move(pipes.channel),
          [this](std::uint8_t type, std::string_view content) { on_frame(static_cast<FromRole>(type), content); },
          [this](std::string why) {
            if (!why.empty()) on_news_(News::garbled);
          }),
      words_(loop, std::move(pipes.words)) {
  wait_for_words();
}

void RoleProcess::on_frame(FromRole type, std::string_view content) {
  switch (type) {
    case FromRole::ready:
      ready_ = true;
      return on_news_(News::ready);
    case FromRole::finished:
      return on_news_(News::finished);
    case FromRole::records:
      if (!read_records(content, recorder_)) on_news_(News::garbled);
      return;
    case FromRole::usage:
      spent_ = role_spent_from_json(content);
      return;
    case FromRole::reported:
      reported_ = true;
      return on_news_(News::reported);
  }
  on_news_(News::garbled);
}

void RoleProcess::wait_for_words() {
  words_.when_readable([this] {
    if (read_words()) wait_for_words();
  });
}

// Whether there will be more.
bool RoleProcess::read_words() {
  std::array<char, 4096> block;
  const ssize_t n = ::read(words_.fd(), block.data(), block.size());
  if (n <= 0) return n < 0 && errno == EAGAIN;
  said_.append(block.data(), static_cast<std::size_t>(n));
  if (said_.size() > kWordsKept) said_.erase(0, said_.size() - kWordsKept);
  return true;
}

void RoleProcess::drain() {
  channel_.drain();
  std::array<char, 4096> block;
  for (ssize_t n = 0; (n = ::read(words_.fd(), block.data(), block.size())) > 0;) {
    said_.append(block.data(), static_cast<std::size_t>(n));
  }
}

std::string RoleProcess::last_words() const {
  std::string line = said_.substr(said_.size() - std::min(said_.size(), kWordsKept));
  while (!line.empty() && line.back() == '\n') line.pop_back();
  std::replace(line.begin(), line.end(), '\n', '|');
  return line;
}

}  // namespace meshtwin
