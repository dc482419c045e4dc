// Sampled requests as waterfalls. A trace has the same id in both worlds, so the two ways of one request stand side by
// side on one scale.

import {useMemo, useRef, useState} from 'preact/hooks';
import {WORLD_LABEL, worldsOf, type Run, type Trace, type World, type WorldName} from './data';
import * as format from './format';
import {Section, Segments} from './parts';
import {PART_LABEL, Waterfall} from './waterfall';

type Order = 'time' | 'latency' | 'apart';

const slowest = (trace: Trace) => Math.max(...Object.values(trace.worlds).map((one) => one?.latency_ms ?? 0));
const apart = ({worlds: {emu, sim}}: Trace) => (emu && sim ? Math.abs(Math.log(emu.latency_ms / sim.latency_ms)) : -1);
const ORDER: Record<Order, (a: Trace, b: Trace) => number> = {
  time: (a, b) => a.at_s - b.at_s, latency: (a, b) => slowest(b) - slowest(a), apart: (a, b) => apart(b) - apart(a),
};
const failedIn = (trace: Trace) => Object.values(trace.worlds).some((one) => one && one.failure !== 'NONE');

function note(run: Run): string {
  const {sampled, in_both, list} = run.traces;
  const worlds = worldsOf(run);
  const of = worlds.map((name) => `${format.count(sampled[name])} of ${format.count((run.worlds[name] as World).counts.requests)} requests are sampled in the ${WORLD_LABEL[name]} run`).join(', ');
  const reasons = [...new Set(list.map((trace) => trace.why))].map((why) => `${list.filter((trace) => trace.why === why).length} ${why}`).join(', ');
  return `${of}${worlds.length === 2 ? `, ${format.count(in_both)} of them in both` : ''}. Shown are ${list.length}: ${reasons}${worlds.length === 2 ? '; those sampled in both worlds first' : ''}. “Spread” are evenly chosen over the run.`;
}

function Choose({traces, chosen, onChoose}: {traces: Trace[]; chosen: string; onChoose: (id: string) => void}) {
  const list = useRef<HTMLUListElement>(null);
  const move = (event: KeyboardEvent) => {
    const by: Record<string, number> = {ArrowDown: 1, ArrowUp: -1, Home: -traces.length, End: traces.length};
    if (!(event.key in by)) return;
    event.preventDefault();
    const at = traces.findIndex((trace) => trace.id === chosen);
    const next = Math.min(Math.max(at + by[event.key], 0), traces.length - 1);
    onChoose(traces[next].id);
    list.current?.children[next]?.scrollIntoView({block: 'nearest'});
  };
  return (
    <ul class="trace-list" role="listbox" aria-label="Traces" tabIndex={0} ref={list} onKeyDown={move} aria-activedescendant={`trace-${chosen}`}>
      {traces.map((trace) => (
        <li key={trace.id} id={`trace-${trace.id}`} role="option" aria-selected={trace.id === chosen} onClick={() => onChoose(trace.id)}>
          <span class="n">{format.seconds(trace.at_s)}</span>
          <span class="n">{(['emu', 'sim'] as WorldName[]).filter((name) => trace.worlds[name]).map((name) => <span key={name} class={`world-text ${name}`}>{format.ms(trace.worlds[name]?.latency_ms)}</span>)}</span>
          <span class="why">{failedIn(trace) && <span class="fail">✗ </span>}{trace.why}</span>
        </li>
      ))}
    </ul>
  );
}

export function Traces({run}: {run: Run}) {
  const [order, setOrder] = useState<Order>('time');
  const traces = useMemo(() => [...run.traces.list].sort(ORDER[order]), [run, order]);
  const [chosen, setChosen] = useState(() => (run.traces.list.find((trace) => trace.why === 'retried') ?? run.traces.list[0]).id);
  const trace = traces.find((one) => one.id === chosen) ?? traces[0];
  const worlds = worldsOf(run).filter((name) => trace.worlds[name]);
  const longest = Math.max(1, ...worlds.flatMap((name) => trace.worlds[name]?.spans.map((span) => span[8]) ?? []));
  return (
    <Section id="traces" title="Traces" note={note(run)}>
      <div class="card traces">
        <div class="trace-side">
          <Segments label="Order" value={order} options={[['time', 'Time'], ['latency', 'Slowest'], ...(worldsOf(run).length === 2 ? [['apart', 'Apart'] as [Order, string]] : [])]} onChange={setOrder} />
          <Choose traces={traces} chosen={trace.id} onChoose={setChosen} />
        </div>
        <div class="trace-main" aria-live="polite">
          <p><strong>{(run.worlds[worlds[0]] as World).loads[trace.load] ?? `load ${trace.load}`}</strong>, request {format.count(trace.number)}, intended at {format.seconds(trace.at_s, 3)} <code class="quiet">{trace.id}</code></p>
          <div class={worlds.length === 2 ? 'waterfalls two' : 'waterfalls'}>
            {worlds.map((name) => <Waterfall key={name} name={name} request={trace.worlds[name] as never} world={run.worlds[name] as World} longest={longest} />)}
          </div>
          {worlds.length < worldsOf(run).length && <p class="note">This request is sampled in the {WORLD_LABEL[worlds[0]]} run only.</p>}
          <ul class="legend">{Object.entries(PART_LABEL).map(([kind, text]) => <li key={kind}><svg width="16" height="12" aria-hidden="true"><rect width="16" y={kind === 'waiting' ? 4 : 0} height={kind === 'waiting' ? 4 : 12} class={`part ${kind}`} /></svg>{text}</li>)}</ul>
        </div>
      </div>
    </Section>
  );
}
