// The model's error of p50, p90 and p99 over the whole run, on one axis with its yardsticks: the null model, which knows
// no costs, and the real world against itself, below which nothing can be told.

import {intervalOf, wholeRow, type LatencyRow} from './comparison';
import type {Comparison} from './data';
import * as format from './format';
import {useWidth} from './parts';

const FIGURES = ['p50', 'p90', 'p99'];
const ROW = 46;
const LEFT = 36;
const RIGHT = 64;

function ends(rows: LatencyRow[]): number {
  const values = rows.flatMap((row) => [row.error, row.null_model_error, row.emu_repeat_error, ...(intervalOf(row) ?? [])]);
  const most = Math.max(0.02, ...values.map((value) => Math.abs(value ?? 0)));
  return [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5].find((one) => one >= most) ?? most;
}

function Mark({x, y, kind}: {x: number; y: number; kind: 'model' | 'null' | 'again'}) {
  if (kind === 'model') return <circle cx={x} cy={y} r="5" class="mark model" />;
  if (kind === 'null') return <path d={`M${x} ${y - 5}l5 5l-5 5l-5 -5z`} class="mark null" />;
  return <path d={`M${x} ${y - 6}v12`} class="mark again" />;
}

export function ErrorPlot({comparison}: {comparison: Comparison}) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const rows = FIGURES.map((figure) => wholeRow(comparison, figure)).filter((row): row is LatencyRow => row !== undefined);
  const end = ends(rows);
  const inner = Math.max(width - LEFT - RIGHT, 40);
  const x = (error: number) => LEFT + inner / 2 + (Math.max(Math.min(error / end, 1), -1) * inner) / 2;
  const hasNull = rows.some((row) => typeof row.null_model_error === 'number');
  const hasAgain = rows.some((row) => typeof row.emu_repeat_error === 'number');
  const height = rows.length * ROW + 22;
  const label = rows.map((row) => `${row.figure}: ${format.error(row.error)}${hasNull ? `, null model ${format.error(row.null_model_error)}` : ''}${hasAgain ? `, the real run again ${format.error(row.emu_repeat_error)}` : ''}`).join('; ');
  return (
    <div ref={ref} class="error-plot">
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={`Model error over the whole run. ${label}`}>
          {[-1, -0.5, 0, 0.5, 1].map((part) => (
            <g key={part}>
              <line x1={x(part * end)} x2={x(part * end)} y1="4" y2={rows.length * ROW} class={part === 0 ? 'axis' : 'grid'} />
              {part !== 0.5 && part !== -0.5 && <text x={x(part * end)} y={height - 6} class="tick" text-anchor="middle">{part === 0 ? '0' : format.error(part * end)}</text>}
            </g>
          ))}
          {rows.map((row, i) => {
            const y = i * ROW + ROW / 2;
            const interval = intervalOf(row);
            return (
              <g key={row.figure}>
                <text x="0" y={y + 5} class="label">{row.figure}</text>
                {interval && <line x1={x(interval[0])} x2={x(interval[1])} y1={y} y2={y} class="interval" />}
                {typeof row.null_model_error === 'number' && <Mark x={x(row.null_model_error)} y={y} kind="null" />}
                {typeof row.emu_repeat_error === 'number' && <Mark x={x(row.emu_repeat_error)} y={y} kind="again" />}
                {typeof row.error === 'number' && <Mark x={x(row.error)} y={y} kind="model" />}
                <text x={width} y={y + 5} class="figure" text-anchor="end">{format.error(row.error)}</text>
              </g>
            );
          })}
        </svg>
      )}
      <ul class="legend" aria-hidden="true">
        <li><svg width="12" height="12"><Mark x={6} y={6} kind="model" /></svg>model against real</li>
        {hasNull && <li><svg width="12" height="12"><Mark x={6} y={6} kind="null" /></svg>null model</li>}
        {hasAgain && <li><svg width="12" height="12"><Mark x={6} y={6} kind="again" /></svg>real again</li>}
      </ul>
    </div>
  );
}
