// What the roles' own metrics did over time, by family and service.

import {useMemo, useState} from 'preact/hooks';
import {WORLD_LABEL, worldsOf, type Run, type World} from './data';
import * as format from './format';
import {LineChart, type Line} from './line_chart';
import {AsTable, Choice, Section, WorldMark} from './parts';

const counts = (family: string) => /_(total|count|sum)$/.test(family);

export function MetricsOverTime({run}: {run: Run}) {
  const worlds = worldsOf(run);
  const families = useMemo(() => [...new Set(worlds.flatMap((name) => Object.keys((run.worlds[name] as World).metrics.families)))].sort(), [run]);
  const [family, setFamily] = useState(() => families.find((one) => one === 'istio_requests_total') ?? families[0]);
  const services = useMemo(() => [...new Set(worlds.flatMap((name) => Object.keys((run.worlds[name] as World).metrics.families[family] ?? {})))].sort(), [run, family]);
  const [wanted, setService] = useState('');
  const service = services.includes(wanted) ? wanted : services[0];
  const {width_s} = (run.worlds[worlds[0]] as World).metrics;
  const lines = useMemo(() => worlds.flatMap((name): Line[] => {
    const values = (run.worlds[name] as World).metrics.families[family]?.[service];
    return values ? [{label: WORLD_LABEL[name], world: name, weight: 1, values}] : [];
  }), [run, family, service]);
  const most = Math.max(...lines.map((line) => line.values.length), 0);
  const at = useMemo(() => Array.from({length: most}, (_, i) => (i + 0.5) * width_s), [run, most]);
  const left = Math.max(...worlds.map((name) => (run.worlds[name] as World).metrics.left_out));
  const unit = (value: number) => (counts(family) ? `${format.significant(value)}/s` : format.significant(value));
  return (
    <Section id="metrics" title="Metrics" note={<>Series as Prometheus would have scraped them, added up over the pods of a service and over their labels; counters as what they grew by a second, evenly from scrape to scrape.{left > 0 && ` ${left} families are left out.`}</>}>
      <div class="card">
        <div class="replay-head">
          <Choice label="Metric" value={family} options={families.map((one) => [one, one])} onChange={setFamily} />
          <Choice label="Of" value={service} options={services.map((one) => [one, one])} onChange={setService} />
        </div>
        <LineChart run={run} at={at} lines={lines} unit={unit} height={180} label={`${family} of ${service} over time; as a table below`} />
        <AsTable summary="This metric as a table">
          <table class="dense">
            <caption>{`${family} of ${service}`}</caption>
            <thead><tr><th scope="col">from</th>{lines.map((line) => <th key={line.world} scope="col" class="n"><WorldMark world={line.world} /></th>)}</tr></thead>
            <tbody>{at.map((_, i) => <tr key={i}><th scope="row">{format.seconds(i * width_s)}</th>{lines.map((line) => <td key={line.world} class="n">{typeof line.values[i] === 'number' ? unit(line.values[i] as number) : format.DASH}</td>)}</tr>)}</tbody>
          </table>
        </AsTable>
      </div>
    </Section>
  );
}
