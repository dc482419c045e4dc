// Figures as people read them. What is not there is a dash, never a 0.

export const DASH = '–';
type Maybe = number | null | undefined;
const known = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value);

export function significant(value: Maybe, digits = 3): string {
  if (!known(value)) return DASH;
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(value)));
  return minus(value.toLocaleString('en', {
    minimumFractionDigits: Math.max(Math.min(digits - 1 - size, 6), 0),
    maximumFractionDigits: Math.max(Math.min(digits - 1 - size, 6), 0),
  }));
}
const minus = (text: string) => text.replace('-', '−');

export const ms = (value: Maybe) => (known(value) ? `${significant(value)} ms` : DASH);
export const count = (value: Maybe) => (known(value) ? Math.round(value).toLocaleString('en') : DASH);
export const share = (value: Maybe, digits = 1) => (known(value) ? `${(value * 100).toFixed(digits)} %` : DASH);
export const error = (value: Maybe) =>
  known(value) ? `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value * 100).toFixed(1)} %` : DASH;
export const seconds = (value: Maybe, digits = 2) => (known(value) ? minus(`${value.toFixed(digits)} s`) : DASH);
// A short time in the unit that suits it.
export function duration(s: Maybe): string {
  if (!known(s)) return DASH;
  if (s === 0) return '0';
  const size = Math.abs(s);
  if (size < 1e-3) return `${significant(s * 1e6)} µs`;
  return size < 1 ? `${significant(s * 1e3)} ms` : `${significant(s)} s`;
}
export const rate = (perSecond: Maybe) =>
  known(perSecond) ? `${perSecond >= 100 ? Math.round(perSecond).toLocaleString('en') : significant(perSecond, 2)}/s` : DASH;
export const plural = (n: number, word: string) => `${count(n)} ${word}${n === 1 ? '' : 's'}`;
// success_rate -> success rate, cpu_us_per_request -> CPU, µs per request
export const words = (key: string) =>
  key.replace(/_/g, ' ').replace(/\bcpu\b/g, 'CPU').replace(/\bus\b/g, 'µs').replace(/\bemu\b/g, 'real').replace(/\bsim\b/g, 'modelled');
