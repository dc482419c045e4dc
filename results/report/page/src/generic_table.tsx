// Whatever comparison.json holds beyond what the page knows by name: lists of rows, and objects of rows, as tables with
// the columns they have. What is added to the file shows up here without the page knowing it.

import type {ComponentChildren} from 'preact';
import type {WorldName} from './data';
import * as format from './format';
import {WorldMark} from './parts';

type Row = Record<string, unknown>;
const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

// By the key's name: an error or share in percent, the rest to three digits.
export function shown(key: string, value: unknown): ComponentChildren {
  if (value === null || value === undefined) return format.DASH;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) {
    if (value.length === 2 && value.every((one) => typeof one === 'number')) return `${shown(key, value[0])} to ${shown(key, value[1])}`;
    return value.map((one) => (isObject(one) ? JSON.stringify(one) : String(one))).join(', ');
  }
  if (isObject(value)) return Object.entries(value).map(([inner, one]) => `${format.words(inner)} ${shown(`${key}_${inner}`, one)}`).join(', ');
  if (typeof value !== 'number') return key === 'figure' || key === 'event' ? format.words(String(value)) : String(value);
  if (/error|difference|share/.test(key)) return format.error(value);
  if (Number.isInteger(value)) return format.count(value);
  return format.significant(value);
}

// One row alone: an object that is not made of rows.
const isRow = (value: unknown): value is Row => isObject(value) && Object.keys(value).length > 0 && !Object.values(value).every(isObject);

export const isTable = (value: unknown): boolean =>
  isRow(value) ||
  (Array.isArray(value) && value.length > 0 && value.every(isObject)) ||
  (isObject(value) && Object.keys(value).length > 0 && Object.values(value).every(isObject));

// {NAME: {…}} is a list of rows whose first column is the name.
export function asRows(value: unknown): Row[] {
  if (Array.isArray(value)) return value as Row[];
  if (isRow(value)) return [value];
  const rows = Object.entries(value as Record<string, Row>);
  const nested = rows.every(([, row]) => Object.values(row).every(isObject) && Object.keys(row).length > 0);
  if (nested) return rows.flatMap(([name, row]) => Object.entries(row as Record<string, Row>).map(([inner, cells]) => ({'': `${name} ${inner}`.trim(), ...cells})));
  return rows.map(([name, row]) => ({'': name, ...row}));
}

// Those in which anything stands. How many repeats a row is of says something only where they are several.
function columnsOf(rows: Row[]): string[] {
  const all = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return all.filter((key) => rows.some((row) => row[key] !== null && row[key] !== undefined && !(key === 'repeats' && Number(row[key]) <= 1)));
}
export const columnCount = (value: unknown) => columnsOf(asRows(value)).length;

// The real world stands before the modelled one, as everywhere on the page.
function inOrder(columns: string[]): string[] {
  const [sim, emu] = [columns.indexOf('sim'), columns.indexOf('emu')];
  if (sim < 0 || emu < sim) return columns;
  return columns.map((key) => (key === 'sim' ? 'emu' : key === 'emu' ? 'sim' : key));
}
const isWorld = (key: string): key is WorldName => key === 'sim' || key === 'emu';

// `shares`: the worlds' figures are shares.
export function GenericTable({caption, value, shares}: {caption: string; value: unknown; shares: boolean}) {
  const rows = asRows(value);
  const columns = inOrder(columnsOf(rows));
  const cellOf = (key: string, cell: unknown) => (shares && isWorld(key) && typeof cell === 'number' ? format.share(cell, 2) : shown(key, cell));
  const numeric = (key: string) => rows.every((row) => typeof row[key] === 'number' || row[key] === null || row[key] === undefined || Array.isArray(row[key]));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table class="dense">
        <caption>{caption}</caption>
        <thead><tr>{columns.map((key) => <th key={key} scope="col" class={numeric(key) ? 'n' : ''}>{isWorld(key) ? <WorldMark world={key} /> : key ? format.words(key) : <span class="hidden">name</span>}</th>)}</tr></thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>{columns.map((key, c) => {
              const again = c === 0 && i > 0 && rows[i - 1][key] === row[key];  // read out, not shown
              const cell = again ? <span class="hidden">{cellOf(key, row[key])}</span> : cellOf(key, row[key]);
              return c === 0 && !numeric(key) ? <th key={key} scope="row">{cell}</th> : <td key={key} class={numeric(key) ? 'n' : ''}>{cell}</td>;
            })}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
