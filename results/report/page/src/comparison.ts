// comparison.json as far as the page knows it by name. Whatever else is in it is shown as it is (generic_table.tsx).

import type {Comparison} from './data';

export interface LatencyRow {
  phase: string;
  figure: string;
  error: number | null;
  null_model_error?: number | null;
  emu_repeat_error?: number | null;
  [key: string]: unknown;
}
export const WHOLE = 'whole run';

export const rowsOf = (comparison: Comparison | null, key = 'latency'): LatencyRow[] =>
  Array.isArray(comparison?.[key]) ? (comparison[key] as LatencyRow[]).filter((row) => typeof row === 'object' && row !== null) : [];

export function wholeRow(comparison: Comparison | null, figure: string): LatencyRow | undefined {
  return rowsOf(comparison).find((row) => row.phase === WHOLE && row.figure === figure);
}
export const errorOf = (comparison: Comparison | null, figure: string) => wholeRow(comparison, figure)?.error ?? null;

// An interval of the error, whatever its two ends are called.
export function intervalOf(row: LatencyRow | undefined): [number, number] | null {
  if (!row) return null;
  for (const [key, value] of Object.entries(row)) {
    if (!/^error_?(interval|ci|range)/.test(key) || !Array.isArray(value) || value.length !== 2) continue;
    if (typeof value[0] === 'number' && typeof value[1] === 'number') return [value[0], value[1]];
  }
  const low = row.error_low;
  const high = row.error_high;
  return typeof low === 'number' && typeof high === 'number' ? [low, high] : null;
}
