// Lines over the run's time, by uPlot; both worlds on the same axes, the modelled one dashed. Follows the replay.

import {useEffect, useRef} from 'preact/hooks';
import uPlot from 'uplot';
import {clock} from './clock';
import type {Run, WorldName} from './data';
import * as format from './format';
import {AXIS, niceStep, RIGHT, ticks} from './heat_map';
import {useWidth} from './parts';
import {colour, useColours} from './theme';

export interface Line {
  label: string;
  world: WorldName;
  weight: number;  // how strongly it is drawn: 1 the most
  values: (number | null)[];
}

interface Props {
  run: Run;
  at: number[];
  lines: Line[];
  log?: boolean;
  top?: number;  // of the axis, where it is known
  steps?: boolean;
  height?: number;
  unit: (value: number) => string;
  label: string;
}

// The phases' bounds.
function overlay(run: Run): uPlot.Plugin {
  const phases = (run.worlds.emu ?? run.worlds.sim)?.summary?.phases ?? [];
  const vertical = (u: uPlot, at: number, style: string, dash: number[], width: number) => {
    const x = Math.round(u.valToPos(at, 'x', true));
    u.ctx.save();
    u.ctx.strokeStyle = style;
    u.ctx.lineWidth = width * devicePixelRatio;
    u.ctx.setLineDash(dash.map((n) => n * devicePixelRatio));
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
    u.ctx.restore();
  };
  return {
    hooks: {
      draw: (u) => {
        phases.slice(1).forEach((phase) => vertical(u, phase.start_s, colour('phase'), [3, 3], 1));
      },
    },
  };
}

function options({run, lines, log, top, steps, height, unit}: Props, width: number): uPlot.Options {
  const axis = {stroke: colour('quiet'), grid: {stroke: colour('line'), width: 1}, ticks: {show: false}, font: '11px Inter, system-ui, sans-serif', gap: 6};
  const step = niceStep(run.duration_s, width - AXIS - RIGHT);
  return {
    width,
    height: height ?? 210,
    padding: [8, RIGHT, 0, 0],
    legend: {show: true, live: true, markers: {width: 2, dash: (_, i) => (lines[i - 1]?.world === 'sim' ? 'dashed' : 'solid')}},
    cursor: {drag: {x: false, y: false}, points: {size: 6}},
    scales: {x: {time: false, range: () => [0, run.duration_s]}, y: log ? {distr: 3, range: (_, low, high) => [low * 0.9, high * 1.1]} : {range: (_, low, high) => [Math.min(low, 0), top ?? (high > 0 ? high * 1.06 : 1)]}},
    axes: [
      {...axis, size: 24, values: (_, at) => at.map((value) => `${Number(value.toPrecision(6))} s`), incrs: [step]},
      {...axis, size: AXIS, ...(log ? {splits: (_: uPlot, __: number, low: number, high: number) => ticks(low, high, 7)} : {}), values: (_, at) => at.map((value) => (value === null ? '' : unit(value)))},
    ],
    series: [
      {label: 'at', value: (_, value) => format.seconds(value)},
      ...lines.map((line): uPlot.Series => ({
        label: line.label,
        stroke: colour(line.world),
        width: 0.8 + line.weight * 1.2,
        alpha: 0.45 + line.weight * 0.55,
        dash: line.world === 'sim' ? [6, 4] : undefined,
        points: {show: false},
        paths: steps ? uPlot.paths.stepped?.({align: 1}) : undefined,
        spanGaps: false,
        value: (_, value) => (value === null ? format.DASH : unit(value)),
      })),
    ],
    plugins: [overlay(run)],
  };
}

export function LineChart(props: Props) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const plot = useRef<uPlot | null>(null);
  const colours = useColours();
  const {run, at, lines} = props;
  useEffect(() => {
    if (!ref.current || width < 80) return;
    const made = new uPlot(options(props, width), [at, ...lines.map((line) => line.values)] as uPlot.AlignedData, ref.current);
    plot.current = made;
    // The figures beside the lines are those under the pointer, or else those at the replay's position.
    const now = document.createElement('div');
    now.className = 'now-line whole';
    made.over.append(now);
    const tell = () => {
      now.style.left = `${made.valToPos(clock.now, 'x')}px`;
      const nearest = at.reduce((best, value, i) => (Math.abs(value - clock.now) < Math.abs(at[best] - clock.now) ? i : best), 0);
      if ((made.cursor.left ?? -1) < 0) made.setLegend({idx: nearest});
    };
    const follow = clock.listen(tell);
    made.over.addEventListener('mouseleave', tell);
    const soon = requestAnimationFrame(tell);  // uPlot draws in a task of its own, and empties the legend then
    const seek = (event: MouseEvent) => clock.seek(made.posToVal(event.offsetX, 'x'));
    made.over.addEventListener('click', seek);
    return () => {
      cancelAnimationFrame(soon);
      follow();
      made.destroy();
    };
  }, [run, lines, width, colours]);
  return <div ref={ref} class="line-chart" style={{minHeight: `${(props.height ?? 210) + 30}px`}} role="img" aria-label={props.label} />;
}
