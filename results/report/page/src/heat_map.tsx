// Time by latency, drawn on canvas: how many requests of a slice took how long. Both worlds' maps have the same axes and
// the same scale of shades, so that a difference between them is one between the worlds.

import {useEffect, useRef, useState} from 'preact/hooks';
import {clock, nowOf, useClock} from './clock';
import {WORLD_LABEL, type Run, type World, type WorldName} from './data';
import * as format from './format';
import {useWidth, WorldMark} from './parts';
import {colour, useColours} from './theme';

export const AXIS = 62;
export const RIGHT = 14;
const HEIGHT = 170;
const FOOT = 18;

// The latencies that get a line: 1, 2 and 5 times powers of ten within the map, at most so many.
export function ticks(low: number, high: number, most: number): number[] {
  const all: number[] = [];
  for (let unit = 10 ** Math.floor(Math.log10(low)); unit <= high; unit *= 10) {
    for (const step of [1, 2, 5]) if (step * unit >= low && step * unit <= high) all.push(step * unit);
  }
  if (all.length <= most) return all;
  return all.filter((value) => Math.abs(Math.log10(value) % 1) < 1e-9);
}

// Several slices of a wide run may fall on one pixel column; shades go by the logarithm, or a few would outshine all.
function draw(canvas: HTMLCanvasElement, run: Run, world: World, most: number, width: number) {
  const context = canvas.getContext('2d');
  if (!context || !run.bins) return;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  context.scale(ratio, ratio);
  context.clearRect(0, 0, width, HEIGHT);
  const inner = width - AXIS - RIGHT;
  const tall = HEIGHT - FOOT;
  const ramp = [1, 2, 3, 4, 5, 6].map((step) => colour(`heat-${step}`));
  const step = inner / run.slices;
  const bin = tall / run.bins.count;
  world.latency.heat.forEach((column, i) => {
    column.forEach((n, b) => {
      if (n === 0) return;
      const level = most === 1 ? ramp.length - 1 : Math.min(Math.floor((Math.log(n) / Math.log(most)) * ramp.length), ramp.length - 1);
      context.fillStyle = ramp[level];
      context.fillRect(AXIS + i * step, tall - (b + 1) * bin, step + 0.4, bin + 0.4);
    });
    if (world.latency.failed[i] > 0) {
      context.fillStyle = colour('bad');
      context.fillRect(AXIS + i * step, 0, Math.max(step, 2), 4);
    }
  });
  axes(context, run, width, inner, tall);
}

function axes(context: CanvasRenderingContext2D, run: Run, width: number, inner: number, tall: number) {
  if (!run.bins) return;
  const {low_ms: low, high_ms: high} = run.bins;
  context.font = '11px Inter, system-ui, sans-serif';
  context.fillStyle = colour('quiet');
  context.strokeStyle = colour('line');
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const value of ticks(low, high, 9)) {
    const y = tall - (Math.log(value / low) / Math.log(high / low)) * tall;
    context.globalAlpha = 0.7;
    context.beginPath();
    context.moveTo(AXIS, y);
    context.lineTo(width - RIGHT, y);
    context.stroke();
    context.globalAlpha = 1;
    context.fillText(`${value >= 1 ? value : Number(value.toPrecision(1))} ms`, AXIS - 8, Math.min(Math.max(y, 7), tall - 4));
  }
  context.textAlign = 'center';
  context.textBaseline = 'bottom';
  const every = niceStep(run.duration_s, inner);
  for (let at = 0; at <= run.duration_s + 1e-9; at += every) context.fillText(`${Number(at.toPrecision(6))} s`, AXIS + (at / run.duration_s) * inner, HEIGHT - 2);
}

export function niceStep(duration: number, width: number): number {
  const least = (duration * 70) / Math.max(width, 70);
  const unit = 10 ** Math.floor(Math.log10(least));
  return unit * ([1, 2, 5, 10].find((step) => step * unit >= least) ?? 10);
}

interface Found {
  x: number;
  text: string;
}

export function HeatMap({run, name, most}: {run: Run; name: WorldName; most: number}) {
  const world = run.worlds[name] as World;
  const [ref, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [found, setFound] = useState<Found | null>(null);
  const colours = useColours();
  const time = useClock(nowOf);
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, run, world, most, width);
  }, [run, world, most, width, colours]);
  const inner = Math.max(width - AXIS - RIGHT, 1);
  const under = (event: MouseEvent): {slice: number; bin: number} | null => {
    if (!run.bins) return null;
    const slice = Math.floor(((event.offsetX - AXIS) / inner) * run.slices);
    const bin = Math.floor((1 - event.offsetY / (HEIGHT - FOOT)) * run.bins.count);
    return slice >= 0 && slice < run.slices && bin >= 0 && bin < run.bins.count ? {slice, bin} : null;
  };
  const tell = (event: MouseEvent) => {
    const place = under(event);
    if (!place || !run.bins) return setFound(null);
    const edge = (bin: number) => (run.bins ? run.bins.low_ms * (run.bins.high_ms / run.bins.low_ms) ** (bin / run.bins.count) : 0);
    const n = world.latency.heat[place.slice]?.[place.bin] ?? 0;
    setFound({x: event.offsetX, text: `${format.seconds(place.slice * run.width_s)}: ${format.plural(n, 'request')} of ${format.ms(edge(place.bin))} to ${format.ms(edge(place.bin + 1))}; ${format.count(world.latency.failed[place.slice])} failed` });
  };
  return (
    <figure class="heat">
      <figcaption><WorldMark world={name} /></figcaption>
      <div ref={ref} class="heat-map" style={{height: `${HEIGHT}px`}}>
        <canvas ref={canvas} style={{width: `${width}px`, height: `${HEIGHT}px`}} role="img" aria-label={`Heat map of the ${WORLD_LABEL[name]} run's latency over time; the percentiles as a table below`}
                onMouseMove={tell} onMouseLeave={() => setFound(null)} onClick={(event) => { const place = under(event); if (place) clock.seek((place.slice + 0.5) * run.width_s); }} />
        <div class="now-line" style={{left: `${AXIS + (time / run.duration_s) * inner}px`, height: `${HEIGHT - FOOT}px`}} />
        {found && <div class="tip" style={{left: `${Math.min(found.x, Math.max(width - 260, 0))}px`}}>{found.text}</div>}
      </div>
    </figure>
  );
}
