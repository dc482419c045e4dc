// What each pod was at any moment, from the events: as the control plane heard of it, what proxies thought of it, what
// the timeline had done to it.

import type {EventRow, World} from './data';

export type PodState = 'ready' | 'faulted' | 'ejected' | 'gone' | 'unknown';
export const STATE_LABEL: Record<PodState, string> = {
  ready: 'in service', faulted: 'faulted by the timeline', ejected: 'ejected by a proxy', gone: 'not in the mesh', unknown: 'not heard of yet',
};
interface Change {
  at: number;
  ready: boolean;
  faulted: boolean;
  ejectedBy: number;
}

// "10.1.0.4:8080" or "backend-az-a-0"
function podNamed(subject: string, byName: Map<string, number>, byAddress: Map<string, number>): number | undefined {
  return byName.get(subject) ?? byAddress.get(subject.replace(/:\d+$/, ''));
}

// "crash backend in az-a", "slow backend-az-a-0 (10 times)", "restore backend": what `meshtwin run` calls its actions.
function podsOf(text: string, world: World, byName: Map<string, number>): number[] {
  const [, subject, , zone] = /^\S+ (\S+)( in (\S+))?/.exec(text) ?? [];
  if (!subject) return [];
  const one = byName.get(subject);
  if (one !== undefined) return [one];
  return world.pods.flatMap(([, group], i) => {
    const {name, zone: where, serves} = world.groups[group];
    return serves && name === subject && (!zone || zone === where) ? [i] : [];
  });
}

export class PodStates {
  private changes: Change[][];

  constructor(private world: World) {
    const byName = new Map(world.pods.map(([name], i) => [name, i]));
    const byAddress = new Map(world.pods.flatMap(([, , , address], i): [string, number][] => (address ? [[address, i]] : [])));
    this.changes = world.pods.map(([, group]) => [{at: -Infinity, ready: !world.groups[group].serves, faulted: false, ejectedBy: 0}]);
    for (const row of world.events.rows) this.take(row, byName, byAddress);
    // Of whom nobody ever says whether it is ready (a gateway, a pod without a mesh), nothing is said against.
    const told = new Set(world.events.rows.flatMap(([, kind, subject]) => (kind.startsWith('pod_') ? [podNamed(subject, byName, byAddress)] : [])));
    this.changes.forEach((list, pod) => {
      if (!told.has(pod)) list.forEach((change) => (change.ready = true));
    });
  }

  at(pod: number, time: number): PodState {
    const list = this.changes[pod];
    let i = list.length - 1;
    while (i > 0 && list[i].at > time) --i;
    const {ready, faulted, ejectedBy, at} = list[i];
    if (faulted) return 'faulted';
    if (!ready) return at === -Infinity ? 'unknown' : 'gone';
    return ejectedBy > 0 ? 'ejected' : 'ready';
  }

  private take([at, kind, subject]: EventRow, byName: Map<string, number>, byAddress: Map<string, number>) {
    if (kind === 'fault' || kind === 'restore') {
      for (const pod of podsOf(subject, this.world, byName)) this.change(pod, at, {faulted: kind === 'fault'});
      return;
    }
    const pod = podNamed(subject, byName, byAddress);
    if (pod === undefined) return;
    const {ejectedBy} = this.changes[pod][this.changes[pod].length - 1];
    if (kind === 'pod_ready') this.change(pod, at, {ready: true});
    if (kind === 'pod_unready') this.change(pod, at, {ready: false});
    if (kind === 'pod_gone') this.change(pod, at, {ready: false, ejectedBy: 0});
    if (kind === 'ejected') this.change(pod, at, {ejectedBy: ejectedBy + 1});
    if (kind === 'returned') this.change(pod, at, {ejectedBy: Math.max(ejectedBy - 1, 0)});
  }

  private change(pod: number, at: number, what: Partial<Change>) {
    const list = this.changes[pod];
    list.push({...list[list.length - 1], ...what, at});
  }
}
