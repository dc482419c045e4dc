// One request as its spans, from the outside in: a bar for each role's part, cut into what the time went for.

import type {Span, TracedRequest, World, WorldName} from './data';
import * as format from './format';
import {AsTable, useWidth, WorldMark} from './parts';

interface Row {
  span: Span;
  depth: number;
}
const [ID, PARENT, POD, PEER, KIND, BEGIN, SENT, RETURNED, END, CONNECTING, SECURING, RETRYING, COMPUTING, STATUS, FAILURE, ATTEMPTS] = Array.from({length: 16}, (_, i) => i);
const ROW = 22;

// Parents before their children, in order of time. A span whose parent is not there is a root.
function ordered(spans: Span[]): Row[] {
  const known = new Set(spans.map((span) => span[ID]));
  const children = new Map<string | null, Span[]>();
  for (const span of spans) {
    const parent = span[PARENT] as string | null;
    const key = parent !== null && known.has(parent) ? parent : null;
    children.set(key, [...(children.get(key) ?? []), span]);
  }
  const rows: Row[] = [];
  const seen = new Set<string>();
  const add = (parent: string | null, depth: number) => {
    for (const span of children.get(parent) ?? []) {
      const id = span[ID] as string;
      if (seen.has(id)) continue;  // a circle would never end
      seen.add(id);
      rows.push({span, depth});
      add(id, depth + 1);
    }
  };
  add(null, 0);
  return rows;
}

// What the time of a span went for, in order.
type Part = [kind: string, from: number, to: number];
const n = (span: Span, column: number) => span[column] as number;
function partsOf(span: Span): Part[] {
  const begin = n(span, BEGIN);
  const sent = Math.max(n(span, SENT), begin);
  const returned = Math.max(n(span, RETURNED), sent);
  const end = Math.max(n(span, END), returned);
  if (span[KIND] === 'server') {
    const computed = Math.min(sent + n(span, COMPUTING), returned);
    return [['queued', begin, sent], ['computing', sent, computed], ['waiting', computed, returned], ['own', returned, end]];
  }
  const connecting = Math.max(sent - n(span, CONNECTING), begin);
  const securing = Math.min(connecting + n(span, CONNECTING) - n(span, SECURING), sent);
  const retried = Math.min(begin + n(span, RETRYING), connecting);
  return [['retrying', begin, retried], ['own', retried, connecting], ['connecting', connecting, securing], ['securing', securing, sent], ['waiting', sent, returned], ['own', returned, end]];
}

export const PART_LABEL: Record<string, string> = {
  own: 'own work', computing: 'computing', queued: 'waiting for a worker', waiting: 'waiting for the next', connecting: 'connecting', securing: 'TLS handshake', retrying: 'earlier tries',
};
const us = (value: number) => format.duration(value / 1e6);

function describe(span: Span, world: World): string {
  const pod = world.pods[n(span, POD)]?.[0] ?? '?';
  const peer = span[PEER] === null ? '' : ` to ${world.pods[n(span, PEER)]?.[0] ?? '?'}`;
  const parts = partsOf(span).filter(([, from, to]) => to - from > 0).map(([kind, from, to]) => `${PART_LABEL[kind]} ${us(to - from)}`);
  const failure = span[FAILURE] === 'NONE' ? '' : `, failed: ${span[FAILURE] as string}`;
  return `${span[KIND] as string} of ${pod}${peer}: ${us(n(span, END) - n(span, BEGIN))} (${parts.join(', ')})${failure}`;
}

function SpanRow({row, y, scale, world, left, width}: {row: Row; y: number; scale: (at: number) => number; world: World; left: number; width: number}) {
  const {span, depth} = row;
  const failed = span[FAILURE] !== 'NONE';
  const pod = world.pods[n(span, POD)]?.[0] ?? '?';
  const indent = Math.min(depth, 14) * 6;
  const kind = `${failed ? '✗ ' : ''}${span[KIND] as string}`;
  const most = Math.max(Math.floor((left - indent - 14) / 6.6) - kind.length, 3);
  return (
    <g transform={`translate(0 ${y})`} class={`span ${failed ? 'failed-span' : ''}`}>
      <title>{describe(span, world)}</title>
      <rect x="0" y="0" width={width} height={ROW} class="stripe" />
      <text x={indent} y="15"><tspan class="kind">{kind}</tspan> <tspan dx="4">{pod.length > most ? `…${pod.slice(-most + 1)}` : pod}</tspan></text>
      {partsOf(span).map(([part, from, to], i) => to > from && <rect key={i} x={scale(from)} width={Math.max(scale(to) - scale(from), 0.75)} y={part === 'waiting' ? 9 : 5} height={part === 'waiting' ? 4 : 12} class={`part ${part}`} />)}
    </g>
  );
}

export function Waterfall({request, world, name, longest}: {request: TracedRequest; world: World; name: WorldName; longest: number}) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const rows = ordered(request.spans);
  const left = Math.min(230, width * 0.42);
  const scale = (at: number) => left + (Math.max(at, 0) / longest) * (width - left - 8);
  const failed = request.failure !== 'NONE';
  return (
    <figure class="waterfall" ref={ref as never}>
      <figcaption><WorldMark world={name} /> <strong>{format.ms(request.latency_ms)}</strong> {failed ? <span class="fail">✗ {request.failure}</span> : <span class="quiet">status {request.status}</span>}
        {request.cut && <span class="quiet"> · {format.count(request.cut)} spans left out</span>}</figcaption>
      {width > 0 && (
        <svg width={width} height={rows.length * ROW + 20} role="img" aria-label={`Waterfall of ${format.plural(rows.length, 'span')}; as a table below`}>
          {[0, 0.25, 0.5, 0.75, 1].map((part) => (
            <g key={part}><line x1={scale(part * longest)} x2={scale(part * longest)} y1="0" y2={rows.length * ROW} class="grid" />
              <text x={scale(part * longest)} y={rows.length * ROW + 14} class="tick" text-anchor={part === 1 ? 'end' : part === 0 ? 'start' : 'middle'}>{us(part * longest)}</text></g>
          ))}
          {rows.map((row, i) => <SpanRow key={i} row={row} y={i * ROW} scale={scale} world={world} left={left} width={width} />)}
        </svg>
      )}
      <AsTable summary={`The ${name === 'emu' ? 'real' : 'modelled'} spans as a table`}>
        <table class="dense">
          <thead><tr>{['span', 'of', 'to', 'begins', 'took', 'went for', 'tries', 'status'].map((text) => <th key={text} scope="col">{text}</th>)}</tr></thead>
          <tbody>{rows.map(({span, depth}, i) => (
            <tr key={i}><th scope="row">{'· '.repeat(depth)}{span[KIND] as string}</th><td>{world.pods[n(span, POD)]?.[0]}</td><td>{span[PEER] === null ? format.DASH : world.pods[n(span, PEER)]?.[0]}</td>
              <td class="n">{us(n(span, BEGIN))}</td><td class="n">{us(n(span, END) - n(span, BEGIN))}</td>
              <td>{partsOf(span).filter(([, from, to]) => to > from).map(([kind, from, to]) => `${PART_LABEL[kind]} ${us(to - from)}`).join(', ')}</td>
              <td class="n">{n(span, ATTEMPTS)}</td><td>{span[FAILURE] === 'NONE' ? n(span, STATUS) : `✗ ${span[FAILURE] as string}`}</td></tr>
          ))}</tbody>
        </table>
      </AsTable>
    </figure>
  );
}
