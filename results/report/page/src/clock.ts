// The replay's position, shared by everything on the page that has a place in time.

import {useEffect, useState} from 'preact/hooks';

type Listener = () => void;

class Clock {
  now = 0;
  playing = false;
  speed = 1;  // run seconds a second
  end = 0;
  private listeners = new Set<Listener>();
  private frame = 0;
  private last = 0;

  reset(end: number, now: number) {
    this.pause();
    this.end = end;
    this.seek(now);
  }
  seek(to: number) {
    this.now = Math.min(Math.max(to, 0), this.end);
    this.tell();
  }
  setSpeed(speed: number) {
    this.speed = speed;
    this.tell();
  }
  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }
  play() {
    if (this.now >= this.end) this.now = 0;
    this.playing = true;
    this.last = performance.now();
    this.frame = requestAnimationFrame(this.step);
    this.tell();
  }
  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.tell();
  }
  listen(listener: Listener) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private step = (at: number) => {
    this.now = Math.min(this.now + ((at - this.last) / 1000) * this.speed, this.end);
    this.last = at;
    if (this.now >= this.end) this.playing = false;
    else this.frame = requestAnimationFrame(this.step);
    this.tell();
  };
  private tell() {
    for (const listener of [...this.listeners]) listener();
  }
}

export const clock = new Clock();

// Renders again whenever what `pick` gives has changed.
export function useClock<T>(pick: (clock: Clock) => T): T {
  const [value, set] = useState(() => pick(clock));
  useEffect(() => {
    set(() => pick(clock));
    return clock.listen(() => set(() => pick(clock)));
  }, [pick]);
  return value;
}

export const nowOf = (one: Clock) => one.now;
export const playingOf = (one: Clock) => one.playing;
export const speedOf = (one: Clock) => one.speed;
