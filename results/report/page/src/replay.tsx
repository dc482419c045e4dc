// The run played again: the mesh of each world at one moment, and the controls that move the moment.

import {useMemo, useState} from 'preact/hooks';
import {clock, nowOf, playingOf, speedOf, useClock} from './clock';
import {WORLD_LABEL, worldsOf, type Run, type World, type WorldName} from './data';
import {EventLanes, SIDE} from './event_lanes';
import {subjectOf, wordOf} from './event_kinds';
import * as format from './format';
import {AsTable, Choice, Section, Segments, WorldMark} from './parts';
import {STATE_LABEL, type PodState} from './pod_states';
import {Topology} from './topology';

type Shown = WorldName | 'both';

export const namesOf = (world: World) => {
  const byAddress = new Map(world.pods.map(([name, , , address]) => [address, name]));
  return (address: string) => (address ? byAddress.get(address) : undefined);
};

function phaseAt(run: Run, time: number): string {
  const phases = (run.worlds.emu ?? run.worlds.sim)?.summary?.phases ?? [];
  return [...phases].reverse().find((phase) => phase.start_s <= time)?.name ?? '';
}

// What has last happened, in words: what the slider says of itself and what is read out when the replay stops.
function Position({run, time, playing}: {run: Run; time: number; playing: boolean}) {
  const world = (run.worlds.emu ?? run.worlds.sim) as World;
  const names = useMemo(() => namesOf(world), [world]);
  const last = useMemo(() => world.events.rows.filter(([at, kind]) => at >= 0 && kind !== 'config' && kind !== 'load_finished'), [world]);
  const recent = [...last].reverse().find(([at]) => at <= time);
  const text = `${format.seconds(time)}, ${phaseAt(run, time)}`;
  const event = recent ? `Last: ${wordOf(recent[1])} ${recent[1] === 'fault' || recent[1] === 'restore' ? recent[2] : subjectOf(recent, names)}, ${format.seconds(time - recent[0])} before` : '';
  return (
    <p class="position">
      <strong class="clock">{format.seconds(time)}</strong> <span>{phaseAt(run, time)}</span> <span class="quiet">{event}</span>
      <span class="hidden" aria-live="polite" id="replay-live">{playing ? 'Playing' : `Stopped at ${text}. ${event}`}</span>
    </p>
  );
}

function momentsOf(run: Run): number[] {
  const world = (run.worlds.emu ?? run.worlds.sim) as World;
  const times = world.events.rows.filter(([at, kind]) => at > 0 && kind !== 'config' && kind !== 'load_finished').map(([at]) => at);
  return times.filter((at, i) => i === 0 || at - times[i - 1] > run.width_s / 4);
}

function Controls({run, time}: {run: Run; time: number}) {
  const playing = useClock(playingOf);
  const speed = useClock(speedOf);
  const moments = useMemo(() => momentsOf(run), [run]);
  const to = (at: number | undefined) => {
    clock.pause();
    if (at !== undefined) clock.seek(at + 1e-3);
  };
  const step = run.width_s;
  return (
    <>
      <input type="range" class="slider" style={{marginLeft: `${SIDE - 8}px`, width: `calc(100% - ${SIDE - 16}px)`}} aria-label="Moment of the run" min="0" max={run.duration_s} step={step / 10}
             value={time} aria-valuetext={`${format.seconds(time)}, ${phaseAt(run, time)}`}
             onInput={(event) => { clock.pause(); clock.seek(Number((event.target as HTMLInputElement).value)); }}
             onKeyDown={(event) => {
               const by: Record<string, number> = {ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step, PageUp: run.duration_s / 10, PageDown: -run.duration_s / 10};
               if (event.key in by) { event.preventDefault(); clock.pause(); clock.seek(clock.now + by[event.key]); }
             }} />
      <div class="controls">
        <button class="primary" onClick={() => clock.toggle()} aria-pressed={playing}>{playing ? '❚❚ Pause' : '▶ Play'}</button>
        <button onClick={() => to([...moments].reverse().find((at) => at < time - 2e-3))}>← Event</button>
        <button onClick={() => to(moments.find((at) => at > time))}>Event →</button>
        <Choice label="Speed" value={String(speed)} options={[['0.1', '0.1×'], ['0.5', '0.5×'], ['1', '1×'], ['4', '4×'], ['16', '16×']]} onChange={(value) => clock.setSpeed(Number(value))} />
        <Position run={run} time={time} playing={playing} />
      </div>
    </>
  );
}

function TrafficTable({run, worlds}: {run: Run; worlds: WorldName[]}) {
  const time = useClock(nowOf);
  const slice = Math.min(Math.floor(time / run.width_s), run.slices - 1);
  const rows = new Map<string, Partial<Record<WorldName, [calls: number, failed: number, ms: number | null]>>>();
  for (const name of worlds) {
    const world = run.worlds[name] as World;
    for (const edge of world.traffic.edges) {
      const [from, to] = [world.groups[edge.from], world.groups[edge.to]];
      const key = `${from.name} (${from.zone}) → ${to.name} (${to.zone})`;
      rows.set(key, {...rows.get(key), [name]: [edge.calls[slice], edge.failed?.[slice] ?? 0, edge.ms[slice]]});
    }
  }
  return (
    <table class="dense">
      <caption>{`Calls between ${format.seconds(slice * run.width_s)} and ${format.seconds((slice + 1) * run.width_s)}`}</caption>
      <thead>
        <tr><th scope="col" rowSpan={2}>from → to</th>{worlds.map((name) => <th key={name} scope="colgroup" colSpan={3}><WorldMark world={name} /></th>)}</tr>
        <tr>{worlds.map((name) => ['calls', 'failed', 'mean'].map((text) => <th key={name + text} scope="col" class="n">{text}</th>))}</tr>
      </thead>
      <tbody>
        {[...rows].map(([key, found]) => (
          <tr key={key}><th scope="row">{key}</th>
            {worlds.map((name) => {
              const [calls, failed, took] = found[name] ?? [0, 0, null];
              return [<td key={`${name}c`} class="n">{format.rate(calls / run.width_s)}</td>, <td key={`${name}f`} class="n">{failed > 0 ? `✗ ${format.rate(failed / run.width_s)}` : '0'}</td>, <td key={`${name}m`} class="n">{format.ms(took)}</td>];
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Legend() {
  const states: PodState[] = ['ready', 'ejected', 'faulted', 'gone'];
  const sign = {ejected: 'M1.5 8.5L8.5 1.5', faulted: 'M2 2L8 8M8 2L2 8', gone: 'M2 2L8 8M8 2L2 8', ready: '', unknown: ''};
  return (
    <ul class="legend">
      {states.map((state) => (
        <li key={state}><svg width="12" height="12" viewBox="-1 -1 12 12" aria-hidden="true"><g class={`pod ${state}`}><rect width="10" height="10" rx="2" /><path d={sign[state]} /></g></svg>{STATE_LABEL[state]}</li>
      ))}
      <li><svg width="22" height="8" aria-hidden="true"><line x1="1" y1="4" x2="21" y2="4" class="way-sample" /></svg>calls, as wide as their rate</li>
      <li><svg width="22" height="8" aria-hidden="true"><line x1="1" y1="4" x2="21" y2="4" class="failed-sample" /></svg>failed calls</li>
    </ul>
  );
}

export function Replay({run}: {run: Run}) {
  const worlds = worldsOf(run);
  const time = useClock(nowOf);
  const playing = useClock(playingOf);
  const groups = Math.max(...worlds.map((name) => (run.worlds[name] as World).groups.length));
  const [shown, setShown] = useState<Shown>(worlds.length === 2 && groups <= 30 ? 'both' : worlds[0]);
  const visible = shown === 'both' ? worlds : [shown];
  // While it plays the picture changes once a slice; where it stops it is of that very instant.
  const moment = playing ? (Math.floor(time / run.width_s) + 0.5) * run.width_s : time;
  const pictures = useMemo(() => visible.map((name) => <Topology key={name} run={run} name={name} time={Math.min(moment, run.duration_s)} />), [run, shown, moment]);
  const options: [Shown, string][] = [['both', 'Side by side'], ...worlds.map((name): [Shown, string] => [name, WORLD_LABEL[name]])];
  return (
    <Section id="replay" title="What happened" note={`The run in ${run.slices} slices of ${format.duration(run.width_s)}. Pods of one service and zone stand together.`}>
      <div class={`card replay ${playing ? 'playing' : ''}`}>
        <div class="replay-head">
          <Legend />
          {worlds.length === 2 && <Segments label="Worlds shown" value={shown} options={options} onChange={setShown} />}
        </div>
        <div class={`topologies ${visible.length === 2 ? 'two' : ''}`}>
          {pictures}
        </div>
        <div class="transport">
          <EventLanes run={run} time={time} />
          <Controls run={run} time={time} />
        </div>
        <AsTable summary="Traffic at this moment as a table"><TrafficTable run={run} worlds={worlds} /></AsTable>
      </div>
    </Section>
  );
}
