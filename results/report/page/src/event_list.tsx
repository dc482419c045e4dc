// What happened, in words: each happening once, with the instant it had in either world and how far these are apart.

import {useMemo, useState} from 'preact/hooks';
import {clock} from './clock';
import {worldsOf, type Run, type World, type WorldName} from './data';
import {SIGN, shortened, subjectOf, toneOf, wordOf} from './event_kinds';
import * as format from './format';
import {Section, WorldMark} from './parts';
import {namesOf} from './replay';

interface Happening {
  kind: string;
  subject: string;
  detail: string;
  at: Partial<Record<WorldName, number>>;
}
const MOST = 400;

const first = (one: Happening) => one.at.emu ?? one.at.sim ?? 0;

// The n-th happening of a kind to a subject is the same in both worlds.
function happenings(run: Run): Happening[] {
  const all = new Map<string, Happening>();
  for (const name of worldsOf(run)) {
    const world = run.worlds[name] as World;
    const names = namesOf(world);
    const times = new Map<string, number>();
    for (const row of world.events.rows) {
      const [at, kind, subject, detail] = row;
      if (kind === 'config') continue;
      const whom = kind === 'fault' || kind === 'restore' ? subject : subjectOf(row, names);
      const nth = (times.get(`${kind} ${whom}`) ?? 0) + 1;
      times.set(`${kind} ${whom}`, nth);
      const key = `${kind} ${whom} ${nth}`;
      const found = all.get(key) ?? {kind, subject: whom, detail: shortened(detail), at: {}};
      found.at[name] = at;
      all.set(key, found);
    }
  }
  return [...all.values()].sort((a, b) => first(a) - first(b));
}

function At({at, onGo}: {at: number | undefined; onGo: (at: number) => void}) {
  if (at === undefined) return <td class="n quiet">not seen</td>;
  if (at < 0) return <td class="n">{format.seconds(at, 3)}</td>;
  return <td class="n"><button class="link" onClick={() => onGo(at)} aria-label={`Go to ${format.seconds(at, 3)}`}>{format.seconds(at, 3)}</button></td>;
}

function left(run: Run): string {
  const parts = worldsOf(run).flatMap((name) => Object.entries((run.worlds[name] as World).events.kinds)
    .filter(([kind, one]) => kind !== 'config' && one.kept < one.total).map(([kind, one]) => `${format.count(one.total - one.kept)} of ${format.count(one.total)} ${wordOf(kind)} (${name})`));
  return parts.length > 0 ? ` Left out of this page: ${parts.join(', ')}.` : '';
}

export function EventList({run}: {run: Run}) {
  const all = useMemo(() => happenings(run), [run]);
  const [kind, setKind] = useState('all');
  const kinds = [...new Set(all.map((one) => one.kind))].sort();
  const inRun = all.filter((one) => first(one) >= 0);
  const shown = kind === 'all' ? inRun : kind === 'start-up' ? all.filter((one) => first(one) < 0) : all.filter((one) => one.kind === kind);
  const worlds = worldsOf(run);
  const config = worlds.map((name) => (run.worlds[name] as World).events.kinds.config?.total ?? 0);
  const go = (at: number) => { clock.pause(); clock.seek(at + 1e-3); };
  return (
    <Section id="events" title="In order of time"
             note={<>Choosing an instant moves the replay there. Configuration taken over by proxies is counted, not listed: {worlds.map((name, i) => `${format.count(config[i])} ${name === 'emu' ? 'real' : 'modelled'}`).join(', ')}.{left(run)}{shown.length > MOST && ` The first ${MOST} of ${format.count(shown.length)} are listed.`}</>}>
      <div class="card">
        <label class="choice"><span>Show</span>
          <select value={kind} onChange={(event) => setKind((event.target as HTMLSelectElement).value)}>
            <option value="all">everything in the run ({inRun.length})</option>
            <option value="start-up">before it: start-up ({all.length - inRun.length})</option>
            {kinds.map((one) => <option key={one} value={one}>{wordOf(one)} ({all.filter((it) => it.kind === one).length})</option>)}
          </select>
        </label>
        <div class="scroll tall" tabIndex={0} role="region" aria-label="Events">
          <table class="dense">
            <thead><tr>{worlds.map((name) => <th key={name} scope="col" class="n"><WorldMark world={name} /></th>)}{worlds.length === 2 && <th scope="col" class="n">apart</th>}
              <th scope="col">what</th><th scope="col">whom</th><th scope="col">detail</th></tr></thead>
            <tbody>
              {shown.slice(0, MOST).map((one, i) => (
                <tr key={i} class={toneOf(one.kind)}>
                  {worlds.map((name) => <At key={name} at={one.at[name]} onGo={go} />)}
                  {worlds.length === 2 && <td class="n quiet">{one.at.emu !== undefined && one.at.sim !== undefined ? format.duration(one.at.sim - one.at.emu).replace(/^(?=\d*[1-9]|0\.)/, '+') : format.DASH}</td>}
                  <td><span class={`tone ${toneOf(one.kind)}`} aria-hidden="true">{SIGN[toneOf(one.kind)]}</span> {wordOf(one.kind)}</td>
                  <th scope="row">{one.subject}</th>
                  <td class="quiet">{one.detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Section>
  );
}
