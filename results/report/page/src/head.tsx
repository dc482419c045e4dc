// The bar at the top: which scenario, which run, ways down the page, the theme.

import {runAt, runCount, worldsOf, type Run} from './data';
import {seconds} from './format';
import {Choice} from './parts';
import {ThemeSwitch} from './theme';

const startedOf = (run: Run) => run.worlds.emu?.environment.started ?? run.worlds.sim?.environment.started;

export function Head({run, index, onRun, traced, measured}:
    {run: Run; index: number; onRun: (index: number) => void; traced: boolean; measured: boolean}) {
  const worlds = worldsOf(run);
  const mode = worlds.length === 2 ? 'modelled and real' : worlds[0] === 'emu' ? 'real only' : 'modelled only';
  const started = startedOf(run);
  const runs: [string, string][] = Array.from({length: runCount()}, (_, i) => [String(i), runAt(i).name]);
  const links: [string, string, boolean][] = [
    ['overview', 'Verdict', true], ['replay', 'Replay', true], ['latency', 'Latency', true],
    ['error', 'Model error', run.comparison !== null], ['traces', 'Traces', traced], ['metrics', 'Metrics', measured],
    ['settings', 'Settings', true], ['provenance', 'Provenance', true],
  ];
  return (
    <header class="top">
      <div class="title">
        <span class="product" aria-hidden="true">
          <svg width="20" height="20" viewBox="0 0 20 20"><circle cx="7.5" cy="10" r="5.5" class="twin emu" /><circle cx="12.5" cy="10" r="5.5" class="twin sim" /></svg>
        </span>
        <h1>{run.scenario}</h1>
        <p>{mode} · seed {run.seed} · {seconds(run.duration_s, 0)}{started && <> · {started.replace('T', ' ').replace('Z', ' UTC')}</>}</p>
      </div>
      <nav aria-label="Sections">
        {links.filter(([, , shown]) => shown).map(([id, text]) => <a key={id} href={`#${id}`}>{text}</a>)}
      </nav>
      <div class="tools">
        {runs.length > 1 && <Choice label="Run" value={String(index)} options={runs} onChange={(value) => onRun(Number(value))} />}
        <ThemeSwitch />
      </div>
    </header>
  );
}
