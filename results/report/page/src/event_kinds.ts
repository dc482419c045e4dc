// How events are told: in which lane of the timeline, by which sign, in which words.

import type {EventRow} from './data';

export interface Lane {
  id: string;
  label: string;
  kinds: string[];
}
export const LANES: Lane[] = [
  {id: 'faults', label: 'timeline', kinds: ['fault', 'restore']},
  {id: 'ejections', label: 'ejections', kinds: ['ejected', 'returned']},
  {id: 'pods', label: 'pods', kinds: ['pod_ready', 'pod_unready', 'pod_gone']},
  {id: 'pushes', label: 'pushes', kinds: ['push', 'config', 'refused_config']},
  {id: 'security', label: 'certificates', kinds: ['certificate', 'certificate_issued', 'certificate_renewed', 'certificate_refused', 'tls_refused', 'upstream_tls_failed', 'key', 'trust_bundle']},
];
// A lane for what is none of them.
export const OTHER: Lane = {id: 'other', label: 'other', kinds: []};

const LANE_OF = new Map(LANES.flatMap((lane) => lane.kinds.map((kind): [string, Lane] => [kind, lane])));
export const laneOf = (kind: string): Lane => LANE_OF.get(kind) ?? (kind.startsWith('certificate') || kind.includes('tls') ? LANES[4] : OTHER);

const BAD = new Set(['fault', 'ejected', 'pod_gone', 'pod_unready', 'refused_config', 'certificate_refused', 'tls_refused', 'upstream_tls_failed', 'listen_failed']);
const GOOD = new Set(['restore', 'returned', 'pod_ready']);
export type Tone = 'bad' | 'good' | 'plain';
export const toneOf = (kind: string): Tone => (BAD.has(kind) ? 'bad' : GOOD.has(kind) ? 'good' : 'plain');

export const SIGN: Record<Tone, string> = {bad: '▼', good: '▲', plain: '●'};
const WORD: Record<string, string> = {
  certificate: 'certificate', pod_ready: 'ready', pod_gone: 'gone', pod_unready: 'not ready', push: 'pushed', config: 'configured', refused_config: 'refused configuration',
};
export const wordOf = (kind: string) => WORD[kind] ?? kind.replace(/_/g, ' ');

// A proxy's node id holds its pod's name; "outbound|8080||backend.default.svc.cluster.local" its service's.
export function shortened(text: string): string {
  return text
    .replace(/\b(sidecar|router|waypoint|ztunnel)~[^~\s]*~([^~\s]+?)\.[^.~\s]+~[^\s:]*/g, '$2')
    .replace(/\b(in|out)bound\|(\d+)\|[^|\s]*\|([a-z0-9-]+)[a-z0-9.-]*/g, '$3:$2');
}

export function subjectOf([, , subject]: EventRow, nameOf: (address: string) => string | undefined): string {
  return nameOf(subject.replace(/:\d+$/, '')) ?? shortened(subject);
}
