// How long requests took: percentiles over time with both worlds overlaid, and each world's heat map.

import {useMemo, useState} from 'preact/hooks';
import {WORLD_LABEL, worldsOf, type Run, type World} from './data';
import * as format from './format';
import {HeatMap} from './heat_map';
import {LineChart, type Line} from './line_chart';
import {AsTable, Section, Segments, WorldMark} from './parts';

type Figure = 'p50' | 'p90' | 'p99';
const FIGURES: Figure[] = ['p50', 'p90', 'p99'];
const WEIGHT: Record<Figure, number> = {p50: 1, p90: 0.3, p99: 0.65};

function PercentileTable({run}: {run: Run}) {
  const worlds = worldsOf(run);
  const first = (run.worlds[worlds[0]] as World).latency.percentiles;
  return (
    <table class="dense">
      <caption>Latency of successful requests, by their intended instants</caption>
      <thead>
        <tr><th scope="col" rowSpan={2}>from</th>{worlds.map((name) => <th key={name} scope="colgroup" colSpan={5}><WorldMark world={name} /></th>)}</tr>
        <tr>{worlds.map((name) => ['requests', 'failed', ...FIGURES].map((text) => <th key={name + text} scope="col" class="n">{text}</th>))}</tr>
      </thead>
      <tbody>
        {first.n.map((_, i) => (
          <tr key={i}><th scope="row">{format.seconds(i * first.width_s)}</th>
            {worlds.map((name) => {
              const {percentiles, failed} = (run.worlds[name] as World).latency;
              const together = Math.round(first.width_s / run.width_s);
              const lost = failed.slice(i * together, (i + 1) * together).reduce((sum, n) => sum + n, 0);
              return [<td key={`${name}n`} class="n">{format.count(percentiles.n[i])}</td>, <td key={`${name}f`} class="n">{format.count(lost)}</td>, ...FIGURES.map((figure) => <td key={name + figure} class="n">{format.ms(percentiles[figure][i])}</td>)];
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Latency({run}: {run: Run}) {
  const worlds = worldsOf(run);
  const [shown, setShown] = useState<Figure | 'all'>('all');
  const {width_s, n} = (run.worlds[worlds[0]] as World).latency.percentiles;
  const at = useMemo(() => n.map((_, i) => (i + 0.5) * width_s), [run]);
  const lines = useMemo(() => FIGURES.filter((figure) => shown === 'all' ? figure !== 'p90' : figure === shown).flatMap((figure) => worlds.map((name): Line => (
    {label: `${figure} ${WORLD_LABEL[name]}`, world: name, weight: shown === 'all' ? WEIGHT[figure] : 1, values: (run.worlds[name] as World).latency.percentiles[figure]}))), [run, shown]);
  const most = useMemo(() => Math.max(1, ...worlds.flatMap((name) => (run.worlds[name] as World).latency.heat.flat())), [run]);
  return (
    <Section id="latency" title="Latency"
             note={`From the intended instant to the whole answer, of successful requests. Percentiles are exact, over ${format.duration(width_s)} each; no value is interpolated.`}>
      <div class="card">
        <div class="replay-head">
          <h3>Percentiles over time</h3>
          <Segments label="Percentile" value={shown} options={[['all', 'p50 and p99'], ['p50', 'p50'], ['p90', 'p90'], ['p99', 'p99']]} onChange={setShown} />
        </div>
        <LineChart run={run} at={at} lines={lines} log={shown === 'all'} unit={(value) => format.ms(value)} label="Percentiles of latency over time, both worlds; the same as a table below" />
        <h3 class="spaced">Requests by latency</h3>
        <div class="heats">{worlds.map((name) => <HeatMap key={name} run={run} name={name} most={most} />)}</div>
        <p class="legend heat-legend"><span>1 request</span>{[1, 2, 3, 4, 5, 6].map((step) => <i key={step} style={{background: `var(--heat-${step})`}} />)}<span>{format.count(most)} in one field (by logarithm)</span><i class="bad-sample" /><span>some failed</span></p>
        <AsTable summary="Percentiles as a table"><PercentileTable run={run} /></AsTable>
      </div>
    </Section>
  );
}
