// The mesh at one moment: zones, pods by service, and the calls between them as lines as wide as their rate.

import {useMemo} from 'preact/hooks';
import {WORLD_LABEL, type Edge, type Run, type World, type WorldName} from './data';
import * as format from './format';
import {useWidth, WorldMark} from './parts';
import {PodStates, STATE_LABEL, type PodState} from './pod_states';
import {COUNT, layOut, type Card, type Layout} from './topology_layout';

function Cell({x, y, size, state, busy, title}: {x: number; y: number; size: number; state: PodState; busy: number; title: string}) {
  const end = size - 1.5;
  return (
    <g transform={`translate(${x} ${y})`} class={`pod ${state}`}>
      <title>{title}</title>
      <rect width={size} height={size} rx="2" fill-opacity={state === 'ready' ? 0.28 + 0.72 * busy : undefined} />
      {state === 'ejected' && <path d={`M1.5 ${end}L${end} 1.5`} />}
      {(state === 'faulted' || state === 'gone') && <path d={`M2 2L${size - 2} ${size - 2}M${size - 2} 2L2 ${size - 2}`} />}
    </g>
  );
}

// Too many pods for a cell each: how many are in which state, side by side.
function Bar({card, states}: {card: Card; states: PodState[]}) {
  const kinds: PodState[] = ['ready', 'ejected', 'faulted', 'gone', 'unknown'];
  const width = card.width - 16 - COUNT;
  let x = 0;
  return (
    <g transform="translate(8 26)">
      {kinds.map((kind) => {
        const n = states.filter((state) => state === kind).length;
        if (n === 0) return null;
        const from = x;
        x += (n / states.length) * width;
        return (
          <g key={kind} class={`pod ${kind}`} transform={`translate(${from} 0)`}>
            <title>{`${n} of ${states.length} ${STATE_LABEL[kind]}`}</title>
            <rect width={Math.max(x - from - 1, 1)} height="9" rx="2" fill-opacity={kind === 'ready' ? 0.8 : undefined} />
            {kind !== 'ready' && x - from > 9 && <path d={kind === 'ejected' ? 'M2 7L7 2' : 'M2 2L7 7M7 2L2 7'} />}
          </g>
        );
      })}
    </g>
  );
}

function fitted(name: string, width: number): string {
  const most = Math.max(Math.floor(width / 6.9), 3);
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}

interface Moment {
  slice: number;
  time: number;
  perSecond: number;  // what one call in a slice is
}

function CardView({card, world, states, moment, inbound, busiest}:
    {card: Card; world: World; states: PodStates; moment: Moment; inbound: number; busiest: number}) {
  const now = card.pods.map((pod) => states.at(pod, moment.time));
  const up = now.filter((state) => state === 'ready').length;
  const many = card.pods.length > 1;
  const right = inbound > 0 ? format.rate(inbound * moment.perSecond) : '';
  return (
    <g transform={`translate(${card.x} ${card.y})`} class={`group ${up === 0 ? 'down' : ''}`}>
      <title>{`${card.name} in ${card.zone}: ${up} of ${format.plural(card.pods.length, 'pod')} in service, ${format.rate(inbound * moment.perSecond)} calls`}</title>
      <rect width={card.width} height={card.height} rx="6" class="plate" />
      <text x="8" y="16" class="name">{fitted(card.name, card.width - 20 - right.length * 6.5)}</text>
      <text x={card.width - 8} y="16" class="rate" text-anchor="end">{right}</text>
      {card.cell === 0 ? <Bar card={card} states={now} /> : card.pods.map((pod, i) => (
        <Cell key={pod} x={8 + (i % card.perRow) * (card.cell + 3)} y={25 + Math.floor(i / card.perRow) * (card.cell + 3)} size={card.cell} state={now[i]}
              busy={busiest > 0 ? (world.traffic.answered[pod]?.[moment.slice] ?? 0) / busiest : 0} title={`${world.pods[pod][0]}: ${STATE_LABEL[now[i]]}`} />
      ))}
      {many && <text x={card.width - 8} y={card.height - 7} class="up" text-anchor="end">{`${up}/${card.pods.length}`}</text>}
    </g>
  );
}

function path(from: Card, to: Card): string {
  const dx = to.x + to.width / 2 - (from.x + from.width / 2);
  // One over the other in another zone: round what stands between them.
  if (from.zone !== to.zone && Math.abs(dx) < 20) {
    const [x, y1, y2] = [from.x + from.width, from.y + from.height / 2, to.y + to.height / 2];
    return `M${x} ${y1}C${x + 44} ${y1} ${to.x + to.width + 44} ${y2} ${to.x + to.width} ${y2}`;
  }
  const lean = (card: Card, sign: number) => Math.max(Math.min(sign * dx * 0.12, card.width * 0.32), -card.width * 0.32);
  const x1 = from.x + from.width / 2 + lean(from, 1);
  const x2 = to.x + to.width / 2 + lean(to, -1);
  const down = to.y >= from.y;
  const y1 = down ? from.y + from.height : from.y;
  const y2 = down ? to.y : to.y + to.height;
  const bend = Math.max(Math.abs(y2 - y1) * 0.5, 14) * (down ? 1 : -1);
  return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
}

function EdgeView({edge, from, to, moment, most, faint}: {edge: Edge; from: Card; to: Card; moment: Moment; most: number; faint: boolean}) {
  const calls = edge.calls[moment.slice];
  const failed = edge.failed?.[moment.slice] ?? 0;
  const line = path(from, to);
  const width = 1 + 7 * Math.sqrt(calls / most);
  const text = `${from.name} in ${from.zone} to ${to.name} in ${to.zone}: ${format.rate(calls * moment.perSecond)}`
    + `${failed ? `, ${format.rate(failed * moment.perSecond)} failed` : ''}, mean ${format.ms(edge.ms[moment.slice])}`;
  const crossing = from.zone !== to.zone;
  return (
    <g class={`edge ${crossing ? 'crossing' : ''} ${calls === 0 ? 'still' : ''} ${faint ? 'faint' : ''}`}>
      <title>{text}</title>
      <path d={line} class="way" style={{strokeWidth: `${calls === 0 ? 1 : width}px`}} />
      {calls > 0 && !faint && <path d={line} class="flow" style={{animationDuration: `${Math.max(2.4 - 2 * Math.sqrt(calls / most), 0.4)}s`, strokeWidth: `${Math.max(width * 0.4, 1.2)}px`}} />}
      {failed > 0 && <path d={line} class="failed" style={{strokeWidth: `${1 + 4 * Math.sqrt(failed / most)}px`}} />}
      {failed > 0 && <FailedSign from={from} to={to} text={format.rate(failed * moment.perSecond)} />}
    </g>
  );
}

function FailedSign({from, to, text}: {from: Card; to: Card; text: string}) {
  const x = (from.x + from.width / 2 + to.x + to.width / 2) / 2;
  const y = (from.y + from.height + to.y) / 2;
  const width = text.length * 6.4 + 24;
  return (
    <g transform={`translate(${x - width / 2} ${y - 9})`} class="failed-sign">
      <rect width={width} height="18" rx="9" />
      <text x={width / 2} y="13" text-anchor="middle">{`✗ ${text}`}</text>
    </g>
  );
}

// Of very many ways only the busiest are drawn as wide as they are; the others are there, but faint.
const MANY = 90;
const STRONG = 48;
function strongest(edges: Edge[], slice: number): number {
  if (edges.length <= MANY) return 0;
  return edges.map(({calls}) => calls[slice]).sort((a, b) => b - a)[STRONG - 1];
}

interface Prepared {
  layout: Layout;
  cards: Map<number, Card>;
  most: number;     // calls of one edge in one slice
  busiest: number;  // answers of one pod in one slice
}

function prepare(world: World, width: number): Prepared {
  const layout = layOut(world, width);
  let most = 1;
  let busiest = 1;
  for (const {calls} of world.traffic.edges) for (const n of calls) most = Math.max(most, n);
  for (const slices of world.traffic.answered) for (const n of slices) busiest = Math.max(busiest, n);
  return {layout, cards: new Map(layout.cards.map((card) => [card.group, card])), most, busiest};
}

export function Topology({run, name, time}: {run: Run; name: WorldName; time: number}) {
  const world = run.worlds[name] as World;
  const [ref, width] = useWidth<HTMLDivElement>();
  const states = useMemo(() => new PodStates(world), [world]);
  const prepared = useMemo(() => (width > 0 ? prepare(world, width) : null), [world, width]);
  const slice = Math.min(Math.floor(time / run.width_s), run.slices - 1);
  const moment = {slice, time, perSecond: 1 / run.width_s};
  const {edges} = world.traffic;
  const least = useMemo(() => strongest(edges, slice), [world, slice]);
  const inbound = new Map<number, number>();
  for (const {to, calls} of world.traffic.edges) inbound.set(to, (inbound.get(to) ?? 0) + calls[slice]);
  return (
    <figure class="topology" ref={ref as never}>
      <figcaption><WorldMark world={name} /> <span class="quiet">{format.rate(world.latency.sent[slice] * moment.perSecond)} requests
        {world.latency.failed[slice] > 0 && <>, <span class="fail">✗ {format.rate(world.latency.failed[slice] * moment.perSecond)} failed</span></>}</span></figcaption>
      {world.traffic.from === 'spans' && <p class="note">No proxy of this run chose endpoints, so the calls are those of sampled requests only: {format.count(run.traces.sampled[name])} of {format.count(world.counts.requests)}.</p>}
      {world.traffic.from === 'nothing' && <p class="note">Who called whom is not known of this run: no proxy chose endpoints, and no request was sampled.</p>}
      {edges.length > MANY && <p class="note">Of {format.count(edges.length)} ways between groups the {STRONG} busiest are drawn as wide as their rate, the others faint; all are in the table below.</p>}
      {prepared && (
        <svg width={width} height={prepared.layout.height} role="img"
             aria-label={`The ${WORLD_LABEL[name]} mesh at ${format.seconds(time, 1)}; the same in the table of traffic below`}>
          {prepared.layout.zones.map((zone) => (
            <g key={zone.name} class="zone">
              <rect x={zone.x} y={zone.y} width={zone.width} height={zone.height} rx="10" />
              <text x={zone.x + 12} y={zone.y + 18}>{zone.name}</text>
            </g>
          ))}
          {edges.map((edge) => {
            if (edges.length > MANY && edge.calls[slice] === 0) return null;
            const from = prepared.cards.get(edge.from);
            const to = prepared.cards.get(edge.to);
            return from && to && from !== to && <EdgeView key={`${edge.from}-${edge.to}`} edge={edge} from={from} to={to} moment={moment} most={prepared.most} faint={edge.calls[slice] < least} />;
          })}
          {prepared.layout.cards.map((card) => (
            <CardView key={card.group} card={card} world={world} states={states} moment={moment} inbound={inbound.get(card.group) ?? 0} busiest={prepared.busiest} />
          ))}
        </svg>
      )}
    </figure>
  );
}
