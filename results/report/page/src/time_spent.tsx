// Where a latency went: its parts, both worlds on one scale, so that an error has an address.

import {useState} from 'preact/hooks';
import {WORLD_LABEL, worldsOf, type Explained, type Run, type WorldName} from './data';
import * as format from './format';
import {AsTable, Section, Segments, useWidth, WorldMark} from './parts';

const MEANING: Record<string, string> = {
  lateness: "the load generator's own lateness", queue: 'waiting for a worker', pool: 'waiting for a connection to come free', connection: 'connections being made',
  handshake: 'TLS handshakes', retries: 'earlier tries and pauses', compute: 'computations of handlers', application: "applications' own time besides", proxy: "proxies' own time",
  kernel: 'sockets, wake-ups, what ztunnels do', network: "links' configured delay", unseen: 'not known who had it',
};
const ROW = 26;

function Parts({parts, found}: {parts: string[]; found: Partial<Record<WorldName, Explained>>}) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const worlds = (['emu', 'sim'] as WorldName[]).filter((name) => found[name]);
  const left = 92;
  const most = Math.max(1e-9, ...parts.flatMap((part) => worlds.map((name) => found[name]?.parts[part] ?? 0)));
  const scale = (ms: number) => (Math.max(ms, 0) / most) * Math.max(width - left - 200, 40);
  const tall = worlds.length * 10 + 10;
  return (
    <div ref={ref}>
      {width > 0 && (
        <svg width={width} height={parts.length * Math.max(tall, ROW)} role="img" aria-label="Parts of the latency in both worlds; as a table below">
          {parts.map((part, i) => {
            const y = i * Math.max(tall, ROW);
            const values = worlds.map((name) => found[name]?.parts[part] ?? 0);
            const longest = Math.max(...values);
            return (
              <g key={part} transform={`translate(0 ${y})`}>
                <title>{`${part}: ${MEANING[part] ?? part}`}</title>
                <text x="0" y={tall / 2 + 4} class="label-plain">{part}</text>
                {worlds.map((name, w) => <rect key={name} x={left} y={5 + w * 10} width={Math.max(scale(values[w]), 1)} height="8" rx="1.5" class={`spent ${name}`} />)}
                <text x={left + scale(longest) + 8} y={tall / 2 + 4} class="tick">{values.map((value) => format.duration(value / 1000)).join(' · ')}</text>
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

export const hasTimeSpent = (run: Run) => worldsOf(run).some((name) => Object.keys(run.worlds[name]?.time_spent ?? {}).length > 0);

export function TimeSpent({run}: {run: Run}) {
  const worlds = worldsOf(run);
  const figures = [...new Set(worlds.flatMap((name) => Object.keys(run.worlds[name]?.time_spent ?? {})))];
  const [wanted, setFigure] = useState('p50');
  const figure = figures.includes(wanted) ? wanted : figures[0];
  const found = Object.fromEntries(worlds.map((name) => [name, run.worlds[name]?.time_spent[figure]])) as Partial<Record<WorldName, Explained>>;
  const shown = worlds.filter((name) => found[name]);
  const parts = Object.keys(MEANING).filter((part) => shown.some((name) => found[name]?.parts[part]));
  const hops = [...new Set(shown.flatMap((name) => found[name]?.hops.map(({hop}) => hop) ?? []))];
  const of = shown.map((name) => `${WORLD_LABEL[name]} ${format.count(found[name]?.averaged)} sampled requests`).join(', ');
  return (
    <Section id="spent" title="Where the time went" note={`Mean parts of the requests that stand for the figure: ${of}. Each nanosecond from the intended instant to the answer belongs to one part.`}>
      <div class="card">
        <div class="replay-head">
          <p class="legend">{shown.map((name) => <span key={name}><WorldMark world={name} /> <strong>{format.ms(found[name]?.figure_ms)}</strong></span>)}</p>
          <Segments label="Figure" value={figure} options={figures.map((one) => [one, one])} onChange={setFigure} />
        </div>
        <Parts parts={parts} found={found} />
        <AsTable summary="Parts by hop as a table">
          <table class="dense">
            <caption>{`Parts of the ${figure}, by hop`}</caption>
            <thead><tr><th scope="col">hop</th><th scope="col">part</th>{shown.map((name) => <th key={name} scope="col" class="n"><WorldMark world={name} /></th>)}</tr></thead>
            <tbody>
              {hops.flatMap((hop) => parts.map((part) => {
                const values = shown.map((name) => found[name]?.hops.find((one) => one.hop === hop)?.parts[part]);
                return values.some((value) => value) ? <tr key={hop + part}><th scope="row">{hop}</th><td>{part}</td>{values.map((value, i) => <td key={i} class="n">{value === undefined ? format.DASH : format.duration(value / 1000)}</td>)}</tr> : null;
              }))}
            </tbody>
          </table>
        </AsTable>
      </div>
    </Section>
  );
}
