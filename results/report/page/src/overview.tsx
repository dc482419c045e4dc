// The first ten seconds: did it hold, how far off was the model, what were the figures.

import {errorOf} from './comparison';
import {WORLD_LABEL, worldsOf, type Expectation, type Run, type Summary, type WorldName} from './data';
import {ErrorPlot} from './error_plot';
import * as format from './format';
import {Section, Verdict, WorldMark} from './parts';

interface Judgement {
  tone: 'good' | 'bad' | 'none';
  text: string;
  detail: string;
}

// What was expected of the model's error, in comparison.json.
const modelExpectations = (run: Run): Expectation[] => {
  const list = run.comparison?.expectations;
  return Array.isArray(list) ? (list as Expectation[]) : [];
};

function judge(run: Run): Judgement {
  const worlds = worldsOf(run);
  const unfinished = worlds.filter((name) => !run.worlds[name]?.summary);
  if (unfinished.length > 0) {
    const which = unfinished.map((name) => WORLD_LABEL[name]).join(' and the ');
    return {tone: 'bad', text: `The ${which} run did not finish`, detail: 'What it wrote until then is shown.'};
  }
  const invalid = worlds.filter((name) => !run.worlds[name]?.summary?.valid);
  if (invalid.length > 0) {
    const reasons = invalid.flatMap((name) => run.worlds[name]?.summary?.invalid_reasons ?? []);
    return {tone: 'bad', text: `The ${invalid.map((name) => WORLD_LABEL[name]).join(' and the ')} run is not valid`, detail: `${reasons.join('; ')}.`};
  }
  const ofModel = modelExpectations(run).map((one) => ({name: 'model' as const, ...one}));
  const all = [...ofModel, ...worlds.flatMap((name) => (run.worlds[name]?.summary?.expectations ?? []).map((one) => ({name, ...one})))];
  if (all.length === 0) return {tone: 'none', text: 'Nothing was expected of this run', detail: 'The scenario has no expectations.'};
  const missed = all.filter((one) => !one.pass);
  const each = new Set(all.map((one) => one.text)).size;
  if (missed.length === 0) {
    return {tone: 'good', text: each === 1 ? 'The expectation is met' : `All ${each} expectations are met`,
            detail: worlds.length === 2 ? 'In the modelled and in the real run.' : `In the ${WORLD_LABEL[worlds[0]]} run.`};
  }
  const kinds = new Set(missed.map((one) => one.text)).size;
  const where = [...worlds, 'model' as const].map((name): [string, number] => [name === 'model' ? 'of the model' : WORLD_LABEL[name], missed.filter((one) => one.name === name).length]);
  return {tone: 'bad', text: `${kinds} of ${each} expectations ${kinds === 1 ? 'is' : 'are'} not met`,
          detail: `${where.filter(([name, n]) => n > 0 || name !== 'of the model').map(([name, n]) => `${name}: ${n}`).join(', ')}.`};
}

function Expectations({run}: {run: Run}) {
  const worlds = worldsOf(run);
  const byText = new Map<string, Partial<Record<WorldName, {shown: string; pass: boolean; why: string}>>>();
  for (const name of worlds) {
    for (const one of run.worlds[name]?.summary?.expectations ?? []) {
      byText.set(one.text, {...byText.get(one.text), [name]: one});
    }
  }
  const ofModel = modelExpectations(run);
  const unjudged = ofModel.length > 0 ? [] : worlds.flatMap((name) => run.worlds[name]?.summary?.unjudged ?? []).slice(0, 20);
  if (byText.size + ofModel.length + unjudged.length === 0) return null;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Expectations">
      <table class="dense">
        <thead><tr><th scope="col">expected</th>{worlds.map((name) => <th key={name} scope="col" class="n"><WorldMark world={name} /></th>)}</tr></thead>
        <tbody>
          {[...byText].map(([text, found]) => (
            <tr key={text}>
              <th scope="row">{text}</th>
              {worlds.map((name) => {
                const one = found[name];
                return <td key={name} class="n">{one ? <>{one.shown || one.why} <Verdict pass={one.pass} /></> : format.DASH}</td>;
              })}
            </tr>
          ))}
          {ofModel.map((one) => (
            <tr key={`model ${one.text}`}><th scope="row">{one.text}</th><td class="n" colSpan={worlds.length}>{one.shown || one.why} <Verdict pass={one.pass} /></td></tr>
          ))}
          {unjudged.map((one, i) => <tr key={`unjudged ${i}`}><th scope="row">{one.text}</th><td class="n quiet" colSpan={worlds.length}>not judged: {one.why}</td></tr>)}
        </tbody>
      </table>
    </div>
  );
}

type Row = [label: string, value: (summary: Summary) => string, error?: number | null];

const failedOf = (summary: Summary) => summary.requests.sent - summary.requests.ok;
function cpu(summary: Summary): string {
  const used = Object.values(summary.roles ?? {}).reduce((sum, role) => sum + (role.cpu_us_per_request ?? 0), 0);
  return used > 0 ? `${format.significant(used)} µs` : format.DASH;
}

function rowsFor(run: Run): Row[] {
  const latency = (key: 'p50' | 'p90' | 'p99'): Row => [key, (one) => format.ms(one.latency_ms[key]), errorOf(run.comparison, key)];
  const services = new Set(worldsOf(run).flatMap((name) => Object.keys(run.worlds[name]?.summary?.failover_s ?? {})));
  const failovers = run.comparison?.failover_s as Record<string, {error?: number | null}> | undefined;
  return [
    ['requests', (one) => format.count(one.requests.sent)],
    ['failed', (one) => format.count(failedOf(one))],
    ['retries', (one) => format.count(one.attempts?.retries)],
    latency('p50'), latency('p90'), latency('p99'),
    ...[...services].map((service): Row => [`failover of ${service}`, (one) => format.duration(one.failover_s?.[service]), failovers?.[service]?.error]),
    ['CPU of all roles, a request', cpu],
  ];
}

function KeyFigures({run}: {run: Run}) {
  const worlds = worldsOf(run).filter((name) => run.worlds[name]?.summary);
  const withError = run.comparison !== null;
  return (
    <table class="dense">
      <thead><tr><th scope="col"><span class="hidden">figure</span></th>{worlds.map((name) => <th key={name} scope="col" class="n"><WorldMark world={name} /></th>)}
        {withError && <th scope="col" class="n">error</th>}</tr></thead>
      <tbody>
        {rowsFor(run).map(([label, value, error]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            {worlds.map((name) => <td key={name} class="n">{value(run.worlds[name]?.summary as Summary)}</td>)}
            {withError && <td class="n quiet">{error === undefined ? '' : format.error(error)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Overview({run}: {run: Run}) {
  const {tone, text, detail} = judge(run);
  const warnings = [...new Set(worldsOf(run).flatMap((name) => run.worlds[name]?.summary?.warnings ?? []))];
  return (
    <Section id="overview" title="Verdict">
      <div class="cards three">
        <div class={`card verdict ${tone}`}>
          <p class="big"><span class="sign" aria-hidden="true">{tone === 'good' ? '✓' : tone === 'bad' ? '✗' : '○'}</span><strong>{text}</strong></p>
          <p class="quiet">{detail}</p>
          <Expectations run={run} />
          {warnings.map((warning) => <p key={warning} class="warning">{warning}</p>)}
        </div>
        {run.comparison && (
          <div class="card">
            <h3>How far off the model was</h3>
            <ErrorPlot comparison={run.comparison} />
          </div>
        )}
        <div class="card">
          <h3>Figures</h3>
          <KeyFigures run={run} />
        </div>
      </div>
    </Section>
  );
}
