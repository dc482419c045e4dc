// The whole run in one strip above the slider: requests and failures, and a lane for each kind of happening, with the
// real world's marks above the modelled one's. It stands exactly over the slider, so that the two read as one.

import {useMemo} from 'preact/hooks';
import {worldsOf, type Run, type World, type WorldName} from './data';
import {LANES, OTHER, laneOf, toneOf, type Lane} from './event_kinds';
import * as format from './format';
import {useWidth} from './parts';

export const SIDE = 84;  // for the lanes' names
const TRAFFIC = 44;
const LANE = 20;
const MOST_MARKS = 150;  // of a lane and world: more lie on each other

interface Mark {
  x: number;
  tone: 'bad' | 'good' | 'plain';
}

// One mark for all of a kind within two pixels: a thousand pods getting ready are one.
function marksOf(world: World, lane: Lane, scale: (at: number) => number): Mark[] {
  const marks: Mark[] = [];
  const seen = new Set<string>();
  for (const [at, kind] of world.events.rows) {
    if (at < 0 || kind === 'config' || kind === 'load_finished' || laneOf(kind) !== lane) continue;
    const tone = toneOf(kind);
    const x = scale(at);
    const key = `${Math.round(x / 2)}${tone}`;
    if (seen.has(key) || marks.length >= MOST_MARKS) continue;
    seen.add(key);
    marks.push({x, tone});
  }
  return marks;
}

const SHAPE = {bad: 'M-4 -3.5h8l-4 7z', good: 'M-4 3.5h8l-4 -7z', plain: 'M-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0'};


function Traffic({world, name, width, most}: {world: World; name: WorldName; width: number; most: number}) {
  const line = useMemo(() => {
    const {sent} = world.latency;
    const step = width / sent.length;
    return sent.map((value, i) => `${i === 0 ? 'M' : 'L'}${((i + 0.5) * step).toFixed(1)} ${(TRAFFIC - 2 - (value / most) * (TRAFFIC - 10)).toFixed(1)}`).join('');
  }, [world, width, most]);
  const floor = `L${width} ${TRAFFIC - 2}L0 ${TRAFFIC - 2}Z`;
  return <>{name === 'emu' && <path d={line + floor} class="traffic-area" />}<path d={line} class={`line thin ${name}`} /></>;
}

function Failures({world, width}: {world: World; width: number}) {
  const {failed, sent} = world.latency;
  const most = Math.max(...sent, 1);
  const step = width / failed.length;
  return (
    <>
      {failed.map((n, i) => n > 0 && <rect key={i} x={i * step} width={Math.max(step, 2)} y={TRAFFIC - 2 - Math.max((n / most) * (TRAFFIC - 10), 3)} height={Math.max((n / most) * (TRAFFIC - 10), 3)} class="failures" />)}
    </>
  );
}

export function EventLanes({run, time}: {run: Run; time: number}) {
  const [ref, whole] = useWidth<HTMLDivElement>();
  const width = Math.max(whole - SIDE, 50);
  const worlds = worldsOf(run);
  const picture = useMemo(() => {
    const scale = (at: number) => (at / run.duration_s) * width;
    const lanes = [...LANES, OTHER]
      .map((lane) => ({lane, marks: worlds.map((name): [WorldName, Mark[]] => [name, marksOf(run.worlds[name] as World, lane, scale)])}))
      .filter(({marks}) => marks.some(([, list]) => list.length > 0));
    const phases = (run.worlds.emu ?? run.worlds.sim)?.summary?.phases ?? [];
    return {lanes, height: TRAFFIC + 4 + lanes.length * LANE + 2, phases: phases.map((phase) => ({x: scale(phase.start_s), name: phase.name}))};
  }, [run, width]);
  const x = (time / run.duration_s) * width;
  const most = useMemo(() => Math.max(1, ...worlds.flatMap((name) => (run.worlds[name] as World).latency.sent)), [run]);
  const texts = picture.lanes.map(({lane, marks}) => `${lane.label}: ${marks.map(([name, list]) => `${format.plural(list.length, 'mark')} ${name === 'emu' ? 'real' : 'modelled'}`).join(', ')}`);
  return (
    <div ref={ref} class="lanes">
      {whole > 0 && (
        <svg width={whole} height={picture.height} role="img" aria-label={`What happened over the run; as a table below. ${texts.join('; ')}`}>
          <text x="0" y={TRAFFIC / 2} class="lane-name">requests</text>
          <text x="0" y={TRAFFIC / 2 + 14} class="lane-name">{`≤ ${format.rate(most / run.width_s)}`}</text>
          {picture.lanes.map(({lane}, i) => <text key={lane.id} x="0" y={TRAFFIC + 4 + i * LANE + 14} class="lane-name">{lane.label}</text>)}
          <g transform={`translate(${SIDE} 0)`}>
            {picture.phases.map((phase, i) => i > 0 && <line key={i} x1={phase.x} x2={phase.x} y1="0" y2={picture.height} class="phase" />)}
            {worlds.map((name) => <Failures key={name} world={run.worlds[name] as World} width={width} />)}
            {[...worlds].reverse().map((name) => <Traffic key={name} world={run.worlds[name] as World} name={name} width={width} most={most} />)}
            {picture.lanes.map(({lane, marks}, i) => (
              <g key={lane.id} transform={`translate(0 ${TRAFFIC + 4 + i * LANE})`}>
                <line x1="0" x2={width} y1={LANE / 2} y2={LANE / 2} class="grid" />
                {marks.map(([name, list], w) => list.map((mark, n) => (
                  <path key={`${name}${n}`} d={SHAPE[mark.tone]} transform={`translate(${mark.x} ${worlds.length === 1 ? LANE / 2 : LANE / 2 + (w === 0 ? -4.5 : 4.5)})`} class={`event ${mark.tone} ${worlds.length === 2 ? name : ''}`} />
                )))}
              </g>
            ))}
            <line x1={x} x2={x} y1="0" y2={picture.height} class="now" />
          </g>
        </svg>
      )}
    </div>
  );
}
