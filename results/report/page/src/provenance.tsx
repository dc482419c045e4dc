// Where the figures come from: what each run followed from, on what it ran, how much it wrote down.

import {worldsOf, type Run, type World} from './data';
import * as format from './format';
import {Section, WorldMark} from './parts';

type Facts = Record<string, unknown>;

function factsOf(run: Run): [string, (world: World) => Facts][] {
  const made = (world: World): Facts => ({
    fingerprint: world.fingerprint || format.DASH, state: world.state,
    ...Object.fromEntries(Object.entries(world.counts).map(([key, value]) => [`${key} recorded`, format.count(value)])),
    'events recorded': format.count(world.events.total), pods: format.count(world.pods.length), loads: world.loads.join('; '),
    utilisation: format.share(world.summary?.utilisation), seed: run.seed,
  });
  return [['Run', made], ['Follows from', (world) => ({...world.summary?.provenance, ...world.provenance})], ['Environment', (world) => world.environment]];
}

export function Provenance({run}: {run: Run}) {
  const worlds = worldsOf(run);
  return (
    <Section id="provenance" title="Provenance" note="What differs between the worlds is marked ≠. A simulated run with the same fingerprint is the same run, byte for byte.">
      <div class="card scroll" tabIndex={0} role="region" aria-label="Where the figures come from">
        <table class="dense facts">
          <thead><tr><th scope="col"><span class="hidden">fact</span></th>{worlds.map((name) => <th key={name} scope="col"><WorldMark world={name} /></th>)}</tr></thead>
          {factsOf(run).map(([title, pick]) => {
            const facts = worlds.map((name) => pick(run.worlds[name] as World));
            const keys = [...new Set(facts.flatMap((one) => Object.keys(one)))];
            return keys.length > 0 && (
              <tbody key={title}>
                <tr class="group-row"><th scope="rowgroup" colSpan={worlds.length + 1}>{title}</th></tr>
                {keys.map((key) => {
                  const values = facts.map((one) => (one[key] === undefined || one[key] === '' ? format.DASH : String(one[key])));
                  const same = values.every((value) => value === values[0]);
                  return <tr key={key}><th scope="row">{format.words(key)}{!same && <span class="differs" title="differs"> ≠</span>}</th>{values.map((value, i) => <td key={i}>{value}</td>)}</tr>;
                })}
              </tbody>
            );
          })}
        </table>
      </div>
    </Section>
  );
}
