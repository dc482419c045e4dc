// What is done to pods and links while a run goes on: the conductor's two handles.

#include <cstdio>

#include "emu/emu_world.h"

namespace meshtwin {

namespace {

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

}  // namespace

void EmuWorld::start(std::size_t pod) {
  const bool was_draining = draining_[pod].has_value();
  draining_[pod].reset();
  for (std::size_t i = 0; i < actors_.size(); ++i) {
    Actor& actor = actors_[i];
    if (actor.pod != pod && !is_proxy_of(*actor.plan, pod, actor.pod)) continue;
    if (actor.process == nullptr) {
      spawn(i);
      continue;
    }
    if (was_draining && actor.pod == pod) kill_actor(actor);  // it accepts nothing any more
    actor.start_again = actor.dying;
  }
}

void EmuWorld::stop(std::size_t pod) {
  tell_apps(pod, ToRole::drain, {});
  draining_[pod] = clock_.after(options_.drain_time, [this, pod] {
    draining_[pod].reset();
    kill(pod, Kill::pod);
  });
}

void EmuWorld::kill(std::size_t pod, Kill what) {
  for (Actor& actor : actors_) {
    const bool meant = what == Kill::proxy ? is_proxy_of(*actor.plan, pod, actor.pod)
                                           : actor.pod == pod && (what == Kill::pod || actor.is_app());
    if (meant) kill_actor(actor);
  }
}

void EmuWorld::kill_actor(Actor& actor) {
  actor.start_again = false;
  if (actor.process == nullptr || std::exchange(actor.dying, true)) return;
  supervisor_->send(KillRole{actor.process_id});
}

void EmuWorld::slow(std::size_t pod, double factor) {
  tell_apps(pod, ToRole::slow, decimal(factor));
}
void EmuWorld::fail(std::size_t pod, double share) {
  tell_apps(pod, ToRole::fail, decimal(share));
}

void EmuWorld::configure(std::size_t pod, const ConfigChange& change) {
  const std::string content = to_json_text(change);
  for (Actor& actor : actors_) {
    if (actor.pod == pod && actor.process != nullptr) actor.process->send(ToRole::configure, content);
  }
}

void EmuWorld::tell_apps(std::size_t pod, ToRole command, const std::string& content) {
  for (Actor& actor : actors_) {
    if (actor.pod == pod && actor.is_app() && actor.process != nullptr) actor.process->send(command, content);
  }
}

void EmuWorld::shape(std::size_t link, const LinkShape& shape) {
  link_client_->shape(link, shape);
}
void EmuWorld::cut_link(std::size_t link) {
  link_client_->cut(link);
}
void EmuWorld::restore_link(std::size_t link) {
  link_client_->restore(link);
}
void EmuWorld::cut_pod(std::size_t pod) {
  supervisor_->send(CutPod{static_cast<std::uint32_t>(pod), true});
}
void EmuWorld::restore_pod(std::size_t pod) {
  supervisor_->send(CutPod{static_cast<std::uint32_t>(pod), false});
}

}  // namespace meshtwin
