// Where everything stands in the picture of the mesh: zones as boxes, in each the groups of pods in rows by how deep in
// the call tree they are, the same row in every zone.

import type {World} from './data';

export interface Card {
  group: number;
  name: string;
  zone: string;
  pods: number[];
  x: number;
  y: number;
  width: number;
  height: number;
  cell: number;  // size of a pod's cell; 0: they are too many, a bar stands for them
  perRow: number;
}
export interface ZoneBox {
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface Layout {
  cards: Card[];
  zones: ZoneBox[];
  width: number;
  height: number;
}

const GAP = 16;
const PAD = 12;
const HEAD = 26;
const CARD_HEAD = 24;
const LEAST_CARD = 104;
const LEVEL_GAP = 30;

// The longest way from where nothing calls it, by name: a service is at the same depth in every zone.
export function depths(world: World): Map<string, number> {
  const depth = new Map<string, number>();
  const nameOf = (group: number) => world.groups[group].name;
  const called = new Set<string>();
  for (const {from, to} of world.traffic.edges) {
    if (nameOf(from) === nameOf(to)) continue;
    depth.set(nameOf(from), 0).set(nameOf(to), 0);
    called.add(nameOf(to));
  }
  // At most as many rounds as there are names: a circle of calls would never settle.
  for (let round = 0; round < depth.size; ++round) {
    let moved = false;
    for (const {from, to} of world.traffic.edges) {
      const below = (depth.get(nameOf(from)) ?? 0) + 1;
      if (nameOf(from) !== nameOf(to) && (depth.get(nameOf(to)) ?? 0) < below) {
        depth.set(nameOf(to), below);
        moved = true;
      }
    }
    if (!moved) break;
  }
  const deepest = Math.max(0, ...depth.values());
  for (const {name} of world.groups) if (!depth.has(name)) depth.set(name, deepest + 1);
  return depth;
}

// How many are in service stands at the right of the cells.
export const COUNT = 38;

function cellsFor(pods: number, card: number): {cell: number; perRow: number; height: number} {
  const inner = card - 16 - (pods > 1 ? COUNT : 0);
  for (const cell of [10, 7]) {
    const perRow = Math.max(Math.floor((inner + 3) / (cell + 3)), 1);
    const rows = Math.ceil(pods / perRow);
    if (rows <= 4) return {cell, perRow, height: rows * (cell + 3)};
  }
  return {cell: 0, perRow: 0, height: 10};
}

export function layOut(world: World, width: number): Layout {
  const names = [...new Set(world.groups.map(({zone}) => zone))].sort();
  const perRow = Math.max(Math.min(names.length, Math.floor((width + GAP) / (190 + GAP))), 1);
  const zoneWidth = (width - GAP * (perRow - 1)) / perRow;
  const depth = depths(world);
  const levels = [...new Set(world.groups.map(({name}) => depth.get(name) ?? 0))].sort((a, b) => a - b);
  const columns = Math.max(Math.floor((zoneWidth - 2 * PAD + 8) / (LEAST_CARD + 8)), 1);
  const podsOf = new Map<number, number[]>();
  world.pods.forEach(([, group], i) => podsOf.set(group, [...(podsOf.get(group) ?? []), i]));
  const cards: Card[] = [];
  const zones: ZoneBox[] = [];
  let top = 0;
  for (let first = 0; first < names.length; first += perRow) {
    const here = names.slice(first, first + perRow);
    let y = top + HEAD + PAD / 2;
    for (const level of levels) {
      const inLevel = here.map((zone) => world.groups.flatMap((group, i) => (group.zone === zone && (depth.get(group.name) ?? 0) === level ? [i] : [])));
      const most = Math.max(...inLevel.map((list) => list.length));
      if (most === 0) continue;
      const across = Math.min(most, columns);
      const cardWidth = Math.min((zoneWidth - 2 * PAD - 8 * (across - 1)) / across, 240);
      const heights = inLevel.flat().map((group) => cellsFor((podsOf.get(group) ?? []).length, cardWidth).height);
      const cardHeight = CARD_HEAD + Math.max(...heights) + 6;
      inLevel.forEach((list, z) => {
        const zoneX = z * (zoneWidth + GAP);
        list.forEach((group, i) => {
          const row = Math.floor(i / across);
          const inRow = Math.min(across, list.length - row * across);
          const used = inRow * cardWidth + (inRow - 1) * 8;
          const pods = podsOf.get(group) ?? [];
          const {cell, perRow: podsPerRow} = cellsFor(pods.length, cardWidth);
          cards.push({group, pods, cell, perRow: podsPerRow, name: world.groups[group].name, zone: here[z], width: cardWidth, height: cardHeight,
                      x: zoneX + (zoneWidth - used) / 2 + (i % across) * (cardWidth + 8), y: y + row * (cardHeight + 14)});
        });
      });
      const rows = Math.ceil(most / across);
      y += rows * cardHeight + (rows - 1) * 14 + LEVEL_GAP;
    }
    const bottom = y - LEVEL_GAP + PAD;
    here.forEach((name, z) => zones.push({name, x: z * (zoneWidth + GAP), y: top, width: zoneWidth, height: bottom - top}));
    top = bottom + GAP;
  }
  return {cards, zones, width, height: Math.max(top - GAP, 0)};
}
