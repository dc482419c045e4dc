#pragma once

// One direction of a filter chain: takes a message as it comes, leads each piece of it past the filters and hands it to
// whoever is next. A piece that a filter pauses waits here, with what comes behind it.

#include <cassert>
#include <cstddef>
#include <memory>
#include <utility>

#include "mesh/base/buffer.h"
#include "mesh/proxy/http_filter.h"
#include "mesh/wire/http_message.h"
#include "mesh/wire/lifetime.h"

namespace meshtwin {

// What a FilterWay is part of. Any of the calls may destroy the way.
template <typename Head>
class FilterWayUser {
 public:
  virtual std::size_t filter_count() const = 0;
  // `place`: in the order in which this direction passes the filters.
  virtual FilterStep filter_head(std::size_t place, Head& head, bool end) = 0;
  virtual FilterStep filter_data(std::size_t place, const Head*, Buffer& data, bool end) = 0;
  virtual FilterStep filter_trailers(std::size_t place, const Head*, Headers& trailers) = 0;
  virtual void pass_head(std::unique_ptr<Head> head, Buffer& data, bool end) = 0;
  virtual void pass_data(const Head*, Buffer& data, bool end) = 0;
  virtual void pass_trailers(const Head*, std::unique_ptr<Headers> trailers) = 0;

 protected:
  ~FilterWayUser() = default;
};

template <typename Head>
class FilterWay {
 public:
  explicit FilterWay(FilterWayUser<Head>& user) : user_(user) {}

  void take_head(std::unique_ptr<Head> head, Buffer& data, bool end) {
    head_ = std::move(head);
    begun_ = true;
    end_ = end;
    data_.append(std::move(data));
    if (!paused_) advance();
  }
  void take_data(Buffer& data, bool end) {
    data_.append(std::move(data));
    end_ = end;
    if (!paused_) advance();
  }
  void take_trailers(std::unique_ptr<Headers> trailers) {
    trailers_ = std::move(trailers);
    end_ = true;
    if (!paused_) advance();
  }
  void resume() {
    assert(paused_);
    paused_ = false;
    advance();
  }

  bool paused() const { return paused_; }
  bool begun() const { return begun_; }  // the head has come
  bool done() const { return done_; }    // the message's end has been handed on

 private:
  enum class At : unsigned char { head, data, trailers };
  static constexpr const Head* kSide = nullptr;  // which direction's function is meant

  // False: paused or answered there, or this is gone.
  template <typename Call>
  bool pass_filters(Call call) {
    Watch watch(lifetime_);
    while (place_ < user_.filter_count()) {
      const FilterStep step = call(place_++);
      if (watch.gone()) return false;
      if (step == FilterStep::pause) paused_ = true;
      if (step != FilterStep::proceed) return false;
    }
    place_ = 0;
    return true;
  }

  void advance() {
    Watch watch(lifetime_);
    if (at_ == At::head) {
      const bool whole = end_ && data_.empty() && trailers_ == nullptr;
      if (!pass_filters([&](std::size_t i) { return user_.filter_head(i, *head_, whole); })) return;
      at_ = At::data;
      end_seen_ = whole;
    }
    if (at_ == At::data && !pass_data_piece()) return;
    if (watch.gone() || trailers_ == nullptr) return;
    at_ = At::trailers;
    if (!pass_filters([&](std::size_t i) { return user_.filter_trailers(i, kSide, *trailers_); })) return;
    done_ = true;
    user_.pass_trailers(kSide, std::move(trailers_));
  }

  bool pass_data_piece() {
    Watch watch(lifetime_);
    const bool end = end_ && trailers_ == nullptr;
    if (!data_.empty() || (end && !end_seen_)) {
      if (!pass_filters([&](std::size_t i) { return user_.filter_data(i, kSide, data_, end); })) {
        if (watch.gone() || !paused_ || head_ == nullptr) return false;
        Buffer nothing;  // the head need not wait for its data
        user_.pass_head(std::move(head_), nothing, false);
        return false;
      }
    }
    Buffer data = std::move(data_);
    done_ = end;
    if (head_ != nullptr) {
      user_.pass_head(std::move(head_), data, end);
    } else if (!data.empty() || end) {
      user_.pass_data(kSide, data, end);
    }
    return !watch.gone();
  }

  FilterWayUser<Head>& user_;
  std::unique_ptr<Head> head_;  // until it has been handed on
  Buffer data_;
  std::unique_ptr<Headers> trailers_;
  At at_ = At::head;
  std::size_t place_ = 0;  // the filter that the present piece comes to next
  bool begun_ = false;
  bool end_ = false;
  bool end_seen_ = false;  // by the filters, with the head
  bool paused_ = false;
  bool done_ = false;
  Lifetime lifetime_;
};

}  // namespace meshtwin
