// Which zone answered a service's calls, over time: a failover as it looks from the outside.

import {useMemo, useState} from 'preact/hooks';
import {WORLD_LABEL, worldsOf, type Run, type World, type WorldName} from './data';
import * as format from './format';
import {LineChart, type Line} from './line_chart';
import {AsTable, Choice, Section, WorldMark} from './parts';
import {PodStates} from './pod_states';

const MOST_ZONES = 6;

interface Shares {
  zones: string[];
  at: number[];
  of: Record<string, Partial<Record<WorldName, (number | null)[]>>>;
}

// Slices are taken together as for percentiles, so that a share is of enough calls.
function sharesOf(run: Run, service: string): Shares {
  const worlds = worldsOf(run);
  const together = Math.max(Math.round((run.worlds[worlds[0]] as World).latency.percentiles.width_s / run.width_s), 1);
  const count = Math.ceil(run.slices / together);
  const zones = [...new Set(worlds.flatMap((name) => (run.worlds[name] as World).groups.filter((group) => group.name === service).map(({zone}) => zone)))].sort();
  const of: Shares['of'] = {};
  for (const name of worlds) {
    const world = run.worlds[name] as World;
    const totals = Array<number>(count).fill(0);
    const byZone = new Map(zones.map((zone) => [zone, Array<number>(count).fill(0)]));
    world.pods.forEach(([, group], pod) => {
      if (world.groups[group].name !== service) return;
      (world.traffic.answered[pod] ?? []).forEach((n, i) => {
        const at = Math.floor(i / together);
        totals[at] += n;
        (byZone.get(world.groups[group].zone) as number[])[at] += n;
      });
    });
    for (const [zone, counts] of byZone) of[zone] = {...of[zone], [name]: counts.map((n, i) => (totals[i] === 0 ? null : n / totals[i]))};
  }
  return {zones, of, at: Array.from({length: count}, (_, i) => (i + 0.5) * together * run.width_s)};
}

// The one that fails over, if any does; else one that is in several zones.
function firstService(run: Run, services: string[]): string {
  const failing = worldsOf(run).flatMap((name) => Object.keys(run.worlds[name]?.summary?.failover_s ?? {}));
  return services.find((one) => failing.includes(one)) ?? services[services.length - 1];
}

function ZoneChart({run, zone, shares}: {run: Run; zone: string; shares: Shares}) {
  const lines = useMemo(() => worldsOf(run).map((name): Line => ({label: WORLD_LABEL[name], world: name, weight: 1, values: shares.of[zone][name] ?? []})), [run, zone, shares]);
  return (
    <figure>
      <figcaption><strong>{zone}</strong></figcaption>
      <LineChart run={run} at={shares.at} lines={lines} height={140} top={1} unit={(value) => format.share(value, 0)} label={`Share answered by ${zone} over time; as a table below`} />
    </figure>
  );
}

// Pods of the service in service at the end of each slice.
function podsIn(run: Run, name: WorldName, service: string): number[] {
  const world = run.worlds[name] as World;
  const states = new PodStates(world);
  const pods = world.pods.flatMap(([, group], i) => (world.groups[group].name === service ? [i] : []));
  return Array.from({length: run.slices}, (_, i) => pods.filter((pod) => states.at(pod, (i + 1) * run.width_s) === 'ready').length);
}

function PodsChart({run, service}: {run: Run; service: string}) {
  const lines = useMemo(() => worldsOf(run).map((name): Line => ({label: WORLD_LABEL[name], world: name, weight: 1, values: podsIn(run, name, service)})), [run, service]);
  const at = useMemo(() => Array.from({length: run.slices}, (_, i) => (i + 1) * run.width_s), [run]);
  const most = Math.max(1, ...lines.flatMap((line) => line.values.map((value) => value ?? 0)));
  return (
    <figure>
      <figcaption><strong>pods in service</strong></figcaption>
      <LineChart run={run} at={at} lines={lines} height={140} top={most * 1.1} steps unit={(value) => (Number.isInteger(value) ? format.count(value) : '')} label={`Pods of ${service} in service over time; by state in the picture above, by event in the table above`} />
    </figure>
  );
}

export function Answered({run}: {run: Run}) {
  const services = useMemo(() => {
    const zonesOf = new Map<string, Set<string>>();
    for (const name of worldsOf(run)) {
      for (const {name: service, zone, serves} of (run.worlds[name] as World).groups) if (serves) zonesOf.set(service, (zonesOf.get(service) ?? new Set()).add(zone));
    }
    return [...zonesOf].filter(([, zones]) => zones.size > 1).map(([service]) => service);
  }, [run]);
  const [wanted, setService] = useState('');
  const service = services.includes(wanted) ? wanted : firstService(run, services);
  const shares = useMemo(() => (service ? sharesOf(run, service) : null), [run, service]);
  if (!shares) return null;
  const worlds = worldsOf(run);
  return (
    <Section id="answered" title="Who answered" note={`The share of a service's answered calls that each zone's pods answered.${shares.zones.length > MOST_ZONES ? ` ${MOST_ZONES} of ${shares.zones.length} zones are drawn, all are in the table.` : ''}`}>
      <div class="card">
        <Choice label="Service" value={service} options={services.map((one) => [one, one])} onChange={setService} />
        <div class="zone-charts">{shares.zones.slice(0, MOST_ZONES).map((zone) => <ZoneChart key={service + zone} run={run} zone={zone} shares={shares} />)}<PodsChart run={run} service={service} /></div>
        <AsTable summary="Shares as a table">
          <table class="dense">
            <caption>{`Share of ${service}'s answered calls by zone`}</caption>
            <thead><tr><th scope="col" rowSpan={2}>around</th>{shares.zones.map((zone) => <th key={zone} scope="colgroup" colSpan={worlds.length}>{zone}</th>)}</tr>
              <tr>{shares.zones.map((zone) => worlds.map((name) => <th key={zone + name} scope="col" class="n"><WorldMark world={name} /></th>))}</tr></thead>
            <tbody>{shares.at.map((at, i) => <tr key={i}><th scope="row">{format.seconds(at)}</th>{shares.zones.map((zone) => worlds.map((name) => <td key={zone + name} class="n">{format.share(shares.of[zone][name]?.[i])}</td>))}</tr>)}</tbody>
          </table>
        </AsTable>
      </div>
    </Section>
  );
}
