// The model held against the real run, figure by figure; then whatever else the comparison says.

import {intervalOf, rowsOf, type LatencyRow} from './comparison';
import type {Comparison} from './data';
import * as format from './format';
import {asRows, columnCount, GenericTable, isTable} from './generic_table';
import {Section, WorldMark} from './parts';

// comparison.json's README says what is aimed at.
const AIM: Record<string, number> = {p50: 0.05, p90: 0.1, p99: 0.2};
const KNOWN = new Set(['schema', 'scenario', 'seed', 'valid', 'invalid_reasons', 'same_arrivals', 'latency', 'expectations']);
const TITLE: Record<string, string> = {
  mesh_added: 'What the mesh adds', routes: 'Latency by route', routes_mesh_added: 'What the mesh adds, by route', distances: 'How far the distributions are apart',
  success: 'Success', retries: 'Retries a request', endpoints: 'Endpoints: ejections and returns, s', shares: 'Shares of answers by zone', failover_s: 'Failover, s', cpu_us_per_request: 'CPU, µs a request', requests: 'Requests',
};

function Bar({error, most}: {error: number | null; most: number}) {
  if (typeof error !== 'number') return null;
  const part = Math.min(Math.abs(error) / most, 1) * 50;
  return <span class="bar" aria-hidden="true"><i class={error < 0 ? 'below' : 'above'} style={{width: `${part}%`, [error < 0 ? 'right' : 'left']: '50%'}} /></span>;
}

function Within({row}: {row: LatencyRow}) {
  const aim = AIM[row.figure];
  if (aim === undefined || typeof row.error !== 'number') return null;
  const met = Math.abs(row.error) <= aim;
  return <span class={met ? 'pass' : 'fail'} title={`aim: within ${aim * 100} %`}>{met ? '✓' : '✗'}<span class="hidden">{met ? ` within the aim of ${aim * 100} %` : ` beyond the aim of ${aim * 100} %`}</span></span>;
}

// Rows of any list that are shaped as those of latency: a figure of the two worlds, and the model's error.
const isLatency = (value: unknown) => Array.isArray(value) && asRows(value).every((row) => 'figure' in row && 'error' in row && 'emu_ms' in row);
// What comes before the figure says what it is of: a phase, or a route.
const ofWhat = (row: LatencyRow) => Object.entries(row).slice(0, Math.max(Object.keys(row).indexOf('figure'), 1)).map(([, value]) => String(value)).join(' · ');

function LatencyErrors({rows, caption, aims}: {rows: LatencyRow[]; caption: string; aims: boolean}) {
  const has = (key: string) => rows.some((row) => row[key] !== null && row[key] !== undefined);
  const intervals = rows.some((row) => intervalOf(row) !== null);
  const most = Math.max(0.05, ...rows.map((row) => Math.abs(row.error ?? 0)));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table class="dense">
        <caption>{caption}</caption>
        <thead>
          <tr><th scope="col">of</th><th scope="col">figure</th><th scope="col" class="n"><WorldMark world="emu" />, ms</th><th scope="col" class="n"><WorldMark world="sim" />, ms</th>
            <th scope="col" class="n">error</th><th scope="col" aria-hidden="true" class="bar-head" />{intervals && <th scope="col" class="n">interval</th>}
            {has('null_model_error') && <th scope="col" class="n">null model</th>}{has('emu_repeat_error') && <th scope="col" class="n">real again</th>}</tr>
        </thead>
        <tbody>
          {rows.map((row, i) => {
            const interval = intervalOf(row);
            const what = ofWhat(row);
            const first = i === 0 || ofWhat(rows[i - 1]) !== what;
            return (
              <tr key={i} class={first ? 'first' : ''}>
                <th scope="row">{first ? what : <span class="hidden">{what}</span>}</th><td>{row.figure}</td>
                <td class="n">{format.significant(row.emu_ms as number)}</td><td class="n">{format.significant(row.sim_ms as number)}</td>
                <td class="n">{format.error(row.error)} {aims && <Within row={row} />}</td><td class="bar-cell"><Bar error={row.error} most={most} /></td>
                {intervals && <td class="n quiet">{interval ? `${format.error(interval[0])} to ${format.error(interval[1])}` : format.DASH}</td>}
                {has('null_model_error') && <td class="n quiet">{format.error(row.null_model_error)}</td>}
                {has('emu_repeat_error') && <td class="n quiet">{format.error(row.emu_repeat_error)}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const isWide = (value: unknown) => columnCount(value) > 7;

function Rest({name, value}: {name: string; value: unknown}) {
  const caption = TITLE[name] ?? format.words(name);
  return (
    <div class="card rest">
      {isLatency(value) ? <LatencyErrors rows={value as LatencyRow[]} aims={false} caption={caption} /> : <GenericTable caption={caption} value={value} shares={name === 'shares' || name === 'success'} />}
    </div>
  );
}

export function ModelError({comparison, id = 'error', title = 'Model error'}: {comparison: Comparison; id?: string; title?: string}) {
  const rest = Object.entries(comparison).filter(([key, value]) => !KNOWN.has(key) && isTable(value));
  const plain = Object.entries(comparison).filter(([key, value]) => !KNOWN.has(key) && !isTable(value) && value !== null && (typeof value !== 'object' || (Array.isArray(value) && value.length > 0)));
  const reasons = (comparison.invalid_reasons as string[] | undefined) ?? [];
  return (
    <Section id={id} title={title}
             note={<>(model − real) / real. {comparison.same_arrivals ? 'Both worlds were asked for the same requests at the same instants.' : 'The worlds were not asked for the same requests at the same instants.'}
               {' '}The null model is the same simulation with every cost zero; “real again” is a second real run, below whose error no model can be told from reality.</>}>
      <div class="card">
        {reasons.map((reason) => <p key={reason} class="warning">{reason}</p>)}
        <LatencyErrors rows={rowsOf(comparison)} aims caption="Latency by phase. ✓ within the aims: p50 5 %, p90 10 %, p99 20 %." />
      </div>
      {rest.filter(([, value]) => isWide(value)).map(([key, value]) => <Rest key={key} name={key} value={value} />)}
      <div class="columns">{rest.filter(([, value]) => !isWide(value)).map(([key, value]) => <Rest key={key} name={key} value={value} />)}</div>
      {plain.length > 0 && <p class="note">{plain.map(([key, value]) => `${format.words(key)}: ${Array.isArray(value) ? value.join(', ') : String(value)}`).join(' · ')}</p>}
    </Section>
  );
}
