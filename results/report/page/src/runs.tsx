// With several runs in one file: all of them in a table, one of them looked at.

import {runAt, runCount, WORLD_LABEL, worldsOf, type Run} from './data';
import * as format from './format';
import {errorOf} from './comparison';
import {Section} from './parts';

function outcome(run: Run): string {
  return worldsOf(run).map((name) => {
    const summary = run.worlds[name]?.summary;
    if (!summary) return `${WORLD_LABEL[name]}: did not finish`;
    const failed = summary.expectations.filter((one) => !one.pass).length;
    const met = failed === 0 ? '✓ all met' : `✗ ${failed} of ${summary.expectations.length} not met`;
    return `${WORLD_LABEL[name]}: ${summary.valid ? met : '✗ not valid'}`;
  }).join('; ');
}

export function Runs({index, onRun}: {index: number; onRun: (index: number) => void}) {
  const rows = Array.from({length: runCount()}, (_, i) => runAt(i));
  return (
    <Section id="runs" title="Runs" note="Choose one to look at below.">
      <div class="scroll" tabIndex={0} role="region" aria-label="All runs">
        <table>
          <thead><tr><th scope="col">run</th><th scope="col">seed</th><th scope="col">expectations</th>
            <th scope="col" class="n">p50 real</th><th scope="col" class="n">p50 modelled</th><th scope="col" class="n">error</th></tr></thead>
          <tbody>
            {rows.map((run, i) => (
              <tr key={i} aria-current={i === index ? 'true' : undefined}>
                <th scope="row"><button class="link" onClick={() => onRun(i)}>{run.name}</button></th>
                <td>{run.seed}</td>
                <td>{outcome(run)}</td>
                <td class="n">{format.ms(run.worlds.emu?.summary?.latency_ms.p50)}</td>
                <td class="n">{format.ms(run.worlds.sim?.summary?.latency_ms.p50)}</td>
                <td class="n">{format.error(errorOf(run.comparison, 'p50'))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
