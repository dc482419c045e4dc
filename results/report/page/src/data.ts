// What results/report/run_data.cc writes, typed; and reading it out of the page.

export type WorldName = 'emu' | 'sim';
export const WORLD_NAMES: WorldName[] = ['emu', 'sim'];
export const WORLD_LABEL: Record<WorldName, string> = {emu: 'real', sim: 'modelled'};

export interface Group {
  name: string;
  zone: string;
  serves: boolean;
}
export type Pod = [name: string, group: number, node: string, address: string];
export interface Edge {
  from: number;
  to: number;
  calls: number[];
  failed?: number[];
  ms: (number | null)[];
}
export type EventRow = [at: number, kind: string, subject: string, detail: string];
export interface Percentiles {
  width_s: number;
  n: number[];
  p50: (number | null)[];
  p90: (number | null)[];
  p99: (number | null)[];
}
export interface Expectation {
  text: string;
  value: number | null;
  shown: string;
  pass: boolean;
  why: string;
}
export interface Figures {
  mean: number | null;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  p999: number | null;
  max: number | null;
}
export interface Counts {
  sent: number;
  ok: number;
  failed: Record<string, number>;
}
export interface Phase {
  name: string;
  start_s: number;
  end_s: number;
  requests: Counts;
  latency_ms: Figures;
}
export interface Summary {
  valid: boolean;
  invalid_reasons: string[];
  warnings?: string[];
  requests: Counts;
  latency_ms: Figures;
  phases: Phase[];
  failover_s?: Record<string, number | null>;
  roles?: Record<string, {kind: string; cpu_ms: number; cpu_us_per_request: number | null; memory_peak_mb: number | null}>;
  expectations: Expectation[];
  unjudged?: {text: string; why: string}[];
  attempts?: {total: number; retries: number};
  utilisation?: number;
  timeline: {at_s: number; text: string}[];
  provenance?: Record<string, unknown>;
}
export interface Explained {
  averaged: number;
  requests: number;
  figure_ms: number;
  parts: Record<string, number>;
  hops: {hop: string; parts: Record<string, number>}[];
}
export interface World {
  state: string;
  fingerprint: string;
  provenance: Record<string, string>;
  environment: Record<string, string>;
  summary: Summary | null;
  counts: Record<string, number>;
  loads: string[];
  pods: Pod[];
  groups: Group[];
  traffic: {from: 'attempts' | 'spans' | 'nothing'; edges: Edge[]; answered: number[][]};
  latency: {sent: number[]; failed: number[]; percentiles: Percentiles; heat: number[][]};
  events: {total: number; kinds: Record<string, {total: number; kept: number}>; rows: EventRow[]; config: number[]};
  time_spent: Record<string, Explained>;
  metrics: {width_s: number; families: Record<string, Record<string, (number | null)[]>>; left_out: number};
}
export type Span = [
  span: string, parent: string | null, pod: number, peer: number | null, kind: string,
  begin: number, sent: number, returned: number, end: number,
  connecting: number, securing: number, retrying: number, computing: number,
  status: number, failure: string, attempts: number,
];
export interface TracedRequest {
  latency_ms: number;
  failure: string;
  status: number;
  spans: Span[];
  cut?: number;
}
export interface Trace {
  id: string;
  why: string;
  load: number;
  number: number;
  at_s: number;
  worlds: Partial<Record<WorldName, TracedRequest>>;
}
export type Comparison = Record<string, unknown>;
export interface Run {
  name: string;
  scenario: string;
  seed: string;
  file: string;
  settings: string;
  overrides: string;
  duration_s: number;
  width_s: number;
  slices: number;
  bins: {low_ms: number; high_ms: number; count: number} | null;
  comparison: Comparison | null;
  links: [a: string, b: string, rtt_ms: number][];
  worlds: Partial<Record<WorldName, World>>;
  traces: {sampled: Partial<Record<WorldName, number>>; in_both: number; list: Trace[]};
}

// Each run is a script element of its own, parsed when it is first looked at.
const parsed = new Map<number, Run>();
const elements = () => document.querySelectorAll<HTMLScriptElement>('script.run-data');

export const runCount = () => elements().length;
export function runAt(index: number): Run {
  let run = parsed.get(index);
  if (!run) {
    run = JSON.parse(elements()[index].textContent ?? '{}') as Run;
    parsed.set(index, run);
  }
  return run;
}

// Repeats of one scenario have been compared as a set: what is said of them together.
export interface SetOfRuns {
  name: string;
  comparison: Comparison;
}
export const setsOf = (): SetOfRuns[] =>
  [...document.querySelectorAll<HTMLScriptElement>('script.set-data')].map((element) => JSON.parse(element.textContent ?? '{}') as SetOfRuns);

export const worldsOf = (run: Run): WorldName[] => WORLD_NAMES.filter((name) => run.worlds[name]);
export const worldOf = (run: Run, name: WorldName): World => run.worlds[name] as World;
